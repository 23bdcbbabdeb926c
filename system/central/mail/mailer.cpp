#include "system/central/mail/mailer.hpp"

namespace watchrig::central {

using platform::Mail;

FieldResult<void> Mailer::test() {
  auto setup = mail_setup(settings_.values("mail").values);
  if (!setup) return setup.error();
  if (setup->receivers.empty()) {
    return FieldError{"receivers",
                      {base::ErrorKind::invalid, "no receiver is set (settings mail.receivers)"}};
  }
  const std::unique_lock only(testing_, std::try_to_lock);
  if (!only.owns_lock())
    return FieldError{{}, {base::ErrorKind::conflict, "a test mail is under way; wait for its result"}};
  const Mail mail{setup->sender, setup->receivers, "Test mail of Watchrig",
                  "This mail shows that the mail settings of the video server work.\n", clock_.now()};
  const auto sent =
      platform::send_mail(setup->server, mail, platform::MailSender::deadline, stopping_.get_token());
  if (!sent) return FieldError{{}, sent.error()};
  return {};
}

FieldResult<void> Mailer::post(const std::string& receiver, std::string subject, std::string text,
                               platform::MailSender::Done done) {
  auto setup = mail_setup(settings_.values("mail").values);
  if (!setup) return setup.error();
  Mail mail{setup->sender, setup->receivers, std::move(subject), std::move(text), clock_.now()};
  if (!receiver.empty()) mail.receivers = {receiver};
  if (auto queued = sender_.post(std::move(setup->server), std::move(mail), std::move(done)); !queued)
    return FieldError{{}, queued.error()};
  return {};
}

}  // namespace watchrig::central
