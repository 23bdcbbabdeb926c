#pragma once

#include <curl/curl.h>
#include <memory>
#include <stop_token>

#include "system/base/clock.hpp"

namespace watchrig::platform {

template <auto free_function>
struct CurlFree {
  template <class T>
  void operator()(T* thing) const {
    free_function(thing);
  }
};
using CurlHandle = std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>>;

/// A handle of libcurl that raises no signals and asks no proxy; null when libcurl cannot be set up. Any
/// thread.
CurlHandle make_curl_handle();

/// Ends what the handle does at the deadline, in real time, or within a second of `stop`, which outlives the
/// transfer.
void set_limits(CURL* handle, base::Duration deadline, const std::stop_token& stop);

}  // namespace watchrig::platform
