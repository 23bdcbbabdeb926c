#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "system/http/router.hpp"

namespace watchrig::http {
namespace {

/// As many routes as the server has, in groups whose paths begin alike.
Router filled() {
  Router router;
  const PlainHandler handler = [](const Request&) { return no_content(); };
  for (int i = 0; i < 25; ++i) {
    const std::string subject = fmt::format("/api/v1/subject{}", i);
    router.add_plain("GET", subject, {}, "a list", handler);
    router.add_plain("POST", subject, {}, "a new one", handler);
    router.add_plain("GET", subject + "/{id}", {}, "one", handler);
    router.add_plain("PATCH", subject + "/{id}", {}, "a change", handler);
    router.add_plain("GET", subject + "/{id}/parts/{part}", {}, "a part", handler);
  }
  return router;
}

void match_last_route(benchmark::State& state) {
  const Router router = filled();
  Request asked;
  asked.method = "GET";
  asked.path = "/api/v1/subject24/c%201/parts/7";
  asked.headers["x-request-id"] = "one-1";
  for (auto _ : state) {
    Request request = asked;
    benchmark::DoNotOptimize(router.match(request, false));
  }
}
BENCHMARK(match_last_route);

}  // namespace
}  // namespace watchrig::http
