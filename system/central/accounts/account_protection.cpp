#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/accounts/accounts.hpp"
#include "system/central/accounts/password.hpp"
#include "system/central/mailbox.hpp"
#include "system/platform/sqlite_transaction.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t longest_question = 128;
constexpr std::size_t longest_answer = 128;
constexpr std::size_t longest_hint = 64;

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

/// Nobody remembers whether they wrote "Rex" or " rex".
std::string normalised(std::string_view answer) {
  std::string result;
  for (const char c : base::trim(answer)) {
    if (c == ' ' && result.ends_with(' ')) continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

Error no_account(const std::string& name) {
  return {ErrorKind::not_found, "there is no user \"" + name + "\""};
}

}  // namespace

FieldResult<void> Accounts::check_questions(const std::vector<SecurityQuestion>& questions) {
  if (questions.empty()) return {};
  if (questions.size() < least_questions || questions.size() > most_questions) {
    return refuse("questions", fmt::format("must be {} to {}, or none", least_questions, most_questions));
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const auto question = normalised(questions[i].question);
    const auto answer = normalised(questions[i].answer);
    const auto field = fmt::format("questions.{}", i);
    if (question.size() < shortest_question || question.size() > longest_question ||
        has_control_characters(question)) {
      return refuse(field + ".question",
                    fmt::format("a question has {} to {} bytes", shortest_question, longest_question));
    }
    if (!seen.insert(question).second) return refuse(field + ".question", "is asked twice");
    if (answer.size() < shortest_answer || answer.size() > longest_answer) {
      return refuse(field + ".answer",
                    fmt::format("an answer has {} to {} bytes", shortest_answer, longest_answer));
    }
    if (question.find(answer) != std::string::npos)
      return refuse(field + ".answer", "stands in the question");
  }
  return {};
}

Result<Protection> Accounts::protection(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  auto account = database_.prepare("SELECT email, hint, password_set FROM account WHERE name=?");
  if (!account) return account.error();
  auto row = account->bind(std::string_view(name)).step();
  if (!row) return row.error();
  if (!*row) return no_account(name);
  Protection protection{
      account->text(0), {}, account->text(1), base::UtcTime(base::Duration(account->integer(2)))};
  auto questions =
      database_.prepare("SELECT question FROM security_question WHERE account=? ORDER BY position");
  if (!questions) return questions.error();
  row = questions->bind(std::string_view(name)).step();
  for (; row && *row; row = questions->step()) protection.questions.push_back(questions->text(0));
  if (!row) return row.error();
  return protection;
}

FieldResult<void> Accounts::set_email(const std::string& name, const std::string& email) {
  if (!is_mailbox(email)) return refuse("email", "is no e-mail address");
  const std::lock_guard lock(mutex_);
  auto update = database_.prepare("UPDATE account SET email=? WHERE name=?");
  if (!update) return FieldError{{}, update.error()};
  auto done = update->bind(std::string_view(email), std::string_view(name)).run();
  if (!done) return FieldError{{}, done.error()};
  if (database_.changed_rows() == 0) return FieldError{{}, no_account(name)};
  if (auto loaded = load(); !loaded) return FieldError{{}, loaded.error()};
  return {};
}

FieldResult<void> Accounts::check_hint(const std::string& hint) {
  if (hint.size() > longest_hint || has_control_characters(hint)) {
    return refuse("password_hint",
                  fmt::format("has up to {} bytes without control characters", longest_hint));
  }
  return {};
}

FieldResult<void> Accounts::set_hint(const std::string& name, const std::string& hint) {
  if (auto checked = check_hint(hint); !checked) return checked;
  const std::lock_guard lock(mutex_);
  auto update = database_.prepare("UPDATE account SET hint=? WHERE name=?");
  if (!update) return FieldError{{}, update.error()};
  auto done = update->bind(std::string_view(hint), std::string_view(name)).run();
  if (!done) return FieldError{{}, done.error()};
  if (database_.changed_rows() == 0) return FieldError{{}, no_account(name)};
  return {};
}

Result<std::vector<std::string>> Accounts::hash_answers(const std::vector<SecurityQuestion>& questions) {
  std::vector<std::string> hashes;
  for (const auto& question : questions) {
    auto hash = hash_password(normalised(question.answer));
    if (!hash) return hash.error();
    hashes.push_back(std::move(*hash));
  }
  return hashes;
}

Result<> Accounts::store_questions(std::string_view name, const std::vector<SecurityQuestion>& questions,
                                   const std::vector<std::string>& answers) {
  auto clear = database_.prepare("DELETE FROM security_question WHERE account=?");
  if (!clear) return clear.error();
  if (auto done = clear->bind(name).run(); !done) return done;
  auto insert = database_.prepare("INSERT INTO security_question VALUES(?, ?, ?, ?)");
  if (!insert) return insert.error();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto done = insert
                    ->bind(name, static_cast<std::int64_t>(i), base::trim(questions[i].question),
                           std::string_view(answers[i]))
                    .run();
    if (!done) return done;
  }
  return {};
}

FieldResult<void> Accounts::set_questions(const std::string& name,
                                          const std::vector<SecurityQuestion>& questions) {
  if (auto checked = check_questions(questions); !checked) return checked;
  const auto hashed = hash_answers(questions);
  if (!hashed) return FieldError{{}, hashed.error()};
  const std::lock_guard lock(mutex_);
  if (!users_.contains(name)) return FieldError{{}, no_account(name)};
  const auto stored =
      platform::in_transaction(database_, [&] { return store_questions(name, questions, *hashed); });
  if (!stored) return FieldError{{}, stored.error()};
  return {};
}

Result<> Accounts::check_answers(const std::string& name, const std::vector<std::string>& answers) const {
  std::vector<std::string> hashes;
  {
    const std::lock_guard lock(mutex_);
    auto select = database_.prepare("SELECT answer FROM security_question WHERE account=? ORDER BY position");
    if (!select) return select.error();
    auto row = select->bind(std::string_view(name)).step();
    for (; row && *row; row = select->step()) hashes.push_back(select->text(0));
    if (!row) return row.error();
  }
  // All are hashed, so that the time does not tell which one is wrong.
  bool right = !hashes.empty() && hashes.size() == answers.size();
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const bool same = is_password(normalised(i < answers.size() ? answers[i] : std::string()), hashes[i]);
    right = right && same;
  }
  if (right) return {};
  return Error{ErrorKind::denied, "not all answers are right"};
}

}  // namespace watchrig::central
