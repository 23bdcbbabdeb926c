#pragma once

#include <optional>

#include "simulators/camera/personalities/quirks.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::camera {

/// What a hostile camera answers to whatever it is asked by SOAP: entities that grow without end
/// (`soap-bomb`), elements deeper than anybody needs (`soap-deep`), 8 MiB of nothing (`soap-huge`), or the
/// way to itself
/// (`redirect-loop`). Nothing of a camera that is not hostile.
std::optional<http::Response> hostile_answer(const Quirks& quirks, const http::Request& request);

}  // namespace watchrig::camera
