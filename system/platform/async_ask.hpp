#pragma once

#include <boost/asio/awaitable.hpp>

#include "system/platform/message_bus.hpp"

namespace watchrig::platform {

/// MessageBus::ask for a coroutine: no thread waits. At most so long of real time; an answer that comes later
/// is let go. Returns on the caller's executor, which must not run in parallel with itself and whose context
/// outlives the bus. Errors: those of ask(), cancelled (by the coroutine's cancellation). The correlation of
/// a thread does not follow a coroutine: name it in the message.
boost::asio::awaitable<MessageBus::Answer> async_ask(MessageBus& bus, Message message,
                                                     base::Duration deadline);

}  // namespace watchrig::platform
