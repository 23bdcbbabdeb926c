#include <algorithm>
#include <regex>

#include <boost/json.hpp>

#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto default_within = std::chrono::seconds(5);

/// The text of the newest mail, as soon as there are enough; else what is wrong.
base::Result<std::string> newest_mail(const StepContext& step, std::size_t count) {
  const auto query = "?to=" + http::percent_encode(step.text("to"));
  const auto ledger = step.bench.rig()->service_ledger(step.text("device"), query);
  if (!ledger) return ledger.error();
  json::error_code error;
  const auto* mails = ledger->find_pointer("/mails", error);
  const std::size_t found = mails && mails->is_array() ? mails->get_array().size() : 0;
  if (found < count) {
    return base::Error{base::ErrorKind::not_found,
                       fmt::format("{} of {} mails have come for {}", found, count, step.text("to"))};
  }
  const auto* text = mails->get_array().back().find_pointer("/text", error);
  return text && text->is_string() ? std::string(text->get_string()) : std::string();
}

Outcome expect_mail(StepContext& step) {
  if (auto checked = step.check_virtual(step.text("device")); checked.verdict != reports::Verdict::pass)
    return checked;
  std::regex pattern;
  try {
    pattern = step.text("matches", ".*");
  } catch (const std::regex_error& error) {
    return of_author(fmt::format("matches is no regular expression: {}", error.what()));
  }
  const auto count = static_cast<std::size_t>(step.number("count").value_or(1));
  const auto until = step.bench.clock.now() + step.duration("within").value_or(default_within);
  std::string text;
  std::string wrong;
  const bool came = step.wait_for(until, [&] {
    const auto mail = newest_mail(step, count);
    if (mail) text = *mail;
    wrong = mail ? std::string() : mail.error().message;
    return mail.has_value();
  });
  if (!came) return failed(wrong);
  if (text.find(step.text("contains")) == std::string::npos)
    return failed(fmt::format("the newest mail lacks \"{}\": {}", step.text("contains"), text));
  std::smatch found;
  if (!std::regex_search(text, found, pattern)) return failed("the newest mail does not match: " + text);
  if (step.has("keep")) {
    const std::string kept = found.size() > 1 ? found[1].str() : found[0].str();
    step.bench.values.put(step.text("keep"), std::make_shared<std::string>(kept));
  }
  return {};
}

}  // namespace

std::vector<StepDefinition> mail_steps() {
  using enum AttributeKind;
  return {
      {{"expect-mail",
        Block::none,
        false,
        {{"device", name, true},
         {"to", text, true},
         {"count", AttributeKind::count},
         {"contains", text},
         {"matches", text},
         {"keep", name},
         {"within", duration}}},
       expect_mail},
  };
}

}  // namespace watchrig::scenarios
