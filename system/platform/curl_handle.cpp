#include "system/platform/curl_handle.hpp"

namespace watchrig::platform {

namespace {

/// libcurl is set up once for the process, before any thread uses it.
bool library_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

}  // namespace

CurlHandle make_curl_handle() {
  CurlHandle handle(library_is_ready() ? curl_easy_init() : nullptr);
  if (!handle) return handle;
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle.get(), CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  // A name server that does not answer holds up nobody.
  curl_easy_setopt(handle.get(), CURLOPT_QUICK_EXIT, 1L);
  return handle;
}

void set_limits(CURL* handle, base::Duration deadline, const std::stop_token& stop) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count();
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds));
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, is_stopped);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, const_cast<std::stop_token*>(&stop));
}

}  // namespace watchrig::platform
