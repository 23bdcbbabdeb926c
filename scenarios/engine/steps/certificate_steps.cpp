#include <boost/json/serialize.hpp>

#include "scenarios/engine/steps/openssl_program.hpp"
#include "scenarios/engine/steps/step_families.hpp"
#include "scenarios/engine/xml_source.hpp"

namespace watchrig::scenarios {

namespace {

/// Keeps the text of a file as it stands in a JSON text, without the quotation marks.
base::Result<> keep(const StepContext& step, const std::string& file, const std::string& name) {
  const auto text = read_text_file(file);
  if (!text) return text.error();
  const auto quoted = boost::json::serialize(boost::json::string_view(*text));
  step.bench.values.put(name, std::make_shared<std::string>(quoted.substr(1, quoted.size() - 2)));
  return {};
}

/// An authority of this step alone, which vmsd need not know.
base::Result<> sign(const StepContext& step, const std::string& request) {
  const auto file = [&](std::string_view name) { return step.bench.evidence.path(name).string(); };
  step.bench.evidence.write("certificate request", reports::EvidenceKind::other, "request.pem", request);
  const auto authority =
      run_openssl(step, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-subj", "/CN=Authority of the judge", "-days", "3650", "-keyout",
                         file("authority.key"), "-out", file("authority.pem")});
  if (!authority) return authority;
  const auto signed_one =
      run_openssl(step, {"x509", "-req", "-in", file("request.pem"), "-CA", file("authority.pem"), "-CAkey",
                         file("authority.key"), "-CAcreateserial", "-days", "365", "-copy_extensions", "copy",
                         "-out", file("answer.pem")});
  if (!signed_one) return signed_one;
  return keep(step, file("answer.pem"), step.text("as"));
}

Outcome sign_request(StepContext& step) {
  const auto request = step.bench.values.find(step.text("request"));
  if (!request) return of_author(fmt::format("nothing was kept as \"{}\"", step.text("request")));
  const auto done = sign(step, *request);
  return done ? Outcome{} : failed(done.error().message);
}

}  // namespace

std::vector<StepDefinition> certificate_steps() {
  using enum AttributeKind;
  return {{{"sign-request", Block::none, true, {{"request", name, true}, {"as", name, true}}}, sign_request}};
}

}  // namespace watchrig::scenarios
