#include "simulators/camera/personalities/hostile_answers.hpp"

#include <fmt/format.h>

namespace watchrig::camera {

namespace {

constexpr const char* soap_type = "application/soap+xml; charset=utf-8";
constexpr std::string_view begin =
                               R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>)",
                           end = "</s:Body></s:Envelope>";

/// Each entity is ten of the one before: some 10^9 letters from a kilobyte.
std::string bomb() {
  std::string text = R"(<?xml version="1.0"?><!DOCTYPE s [<!ENTITY e0 "x">)";
  for (int level = 1; level < 10; ++level) {
    text += fmt::format("<!ENTITY e{} \"", level);
    for (int i = 0; i < 10; ++i) text += fmt::format("&e{};", level - 1);
    text += "\">";
  }
  return text + "]>" + std::string(begin) + "<a>&e9;</a>" + std::string(end);
}

std::string deep() {
  constexpr int levels = 20'000;
  std::string text(begin);
  for (int i = 0; i < levels; ++i) text += "<a>";
  for (int i = 0; i < levels; ++i) text += "</a>";
  return text + std::string(end);
}

std::string huge() { return std::string(begin) + std::string(std::size_t{8} << 20, ' ') + std::string(end); }

}  // namespace

std::optional<http::Response> hostile_answer(const Quirks& quirks, const http::Request& request) {
  if (quirks.has(quirks::soap_bomb)) return http::Response{200, soap_type, bomb(), {}, {}};
  if (quirks.has(quirks::soap_deep)) return http::Response{200, soap_type, deep(), {}, {}};
  if (quirks.has(quirks::soap_huge)) return http::Response{200, soap_type, huge(), {}, {}};
  if (!quirks.has(quirks::redirect_loop)) return std::nullopt;
  http::Response loop{302, "text/plain", {}, {}, {}};
  loop.headers.emplace_back("Location", request.path);
  return loop;
}

}  // namespace watchrig::camera
