#include "system/platform/web_client.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/platform/curl_handle.hpp"

namespace watchrig::platform {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

struct Collected {
  std::string body;
  std::size_t most = 0;
};

std::size_t collect(char* data, std::size_t size, std::size_t count, void* target) {
  auto& collected = *static_cast<Collected*>(target);
  if (collected.body.size() + size * count > collected.most) return 0;
  collected.body.append(data, size * count);
  return size * count;
}

Error failure(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return {ErrorKind::invalid, "the address is no http:// or https:// URL"};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::unavailable, "the name is not known; check the address and the DNS server"};
    case CURLE_COULDNT_CONNECT:
      return {ErrorKind::unavailable, "no connection; check address, port and firewall"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorKind::unavailable, "no TLS is spoken there; check port and encryption"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {
          ErrorKind::unavailable,
          "its certificate is not trusted or is for another name; check the address, or add its authority "
          "to the trusted ones"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::timeout, "no answer in time"};
    case CURLE_ABORTED_BY_CALLBACK:
      return {ErrorKind::cancelled, "the server is stopping"};
    case CURLE_WRITE_ERROR:
      return {ErrorKind::corrupt, "the answer is too long"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_GOT_NOTHING:
      return {ErrorKind::corrupt, fmt::format("the answer is no HTTP ({})", curl_easy_strerror(code))};
    default:
      return {ErrorKind::io, curl_easy_strerror(code)};
  }
}

void set_request(CURL* handle, WebRequest& request) {
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "Watchrig");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  if (!request.authorities.empty()) {
    // In place of the operating system's file, whose folder of the same certificates stays.
    curl_blob blob{request.authorities.data(), request.authorities.size(), CURL_BLOB_COPY};
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (request.username.empty()) return;
  curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  curl_easy_setopt(handle, CURLOPT_USERNAME, request.username.c_str());
  curl_easy_setopt(handle, CURLOPT_PASSWORD, request.password.c_str());
}

}  // namespace

Result<WebAnswer> get_page(const WebRequest& request, std::size_t most, base::Duration deadline,
                           const std::stop_token& stop) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://"))
    return failure(CURLE_URL_MALFORMAT);
  const CurlHandle handle = make_curl_handle();
  if (!handle) return Error{ErrorKind::io, "libcurl cannot be set up"};
  WebRequest copy = request;
  set_request(handle.get(), copy);
  set_limits(handle.get(), deadline, stop);
  Collected collected{{}, most};
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &collected);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) return failure(code);
  WebAnswer answer{0, std::move(collected.body)};
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

struct WebClient::Queue {
  using Done = std::function<void(Result<WebAnswer>)>;
  struct Job {
    WebRequest request;
    Done done;
  };

  void post(WebRequest request, Done done);
  static void work(const std::stop_token& stop, const std::shared_ptr<Queue>& self);

  explicit Queue(base::Duration d) : deadline(d) {}
  const base::Duration deadline;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::deque<Job> waiting;
};

void WebClient::Queue::post(WebRequest request, Done done) {
  {
    const std::lock_guard lock(mutex);
    if (waiting.size() < most_waiting) {
      waiting.push_back({std::move(request), std::move(done)});
      done = nullptr;
    }
  }
  if (done) return done(Error{ErrorKind::full, "too many requests are waiting already"});
  wake.notify_one();
}

void WebClient::Queue::work(const std::stop_token& stop, const std::shared_ptr<Queue>& self) {
  for (;;) {
    std::unique_lock lock(self->mutex);
    if (!self->wake.wait(lock, stop, [&] { return !self->waiting.empty(); })) return;
    const Job job = std::move(self->waiting.front());
    self->waiting.pop_front();
    lock.unlock();
    auto answer = get_page(job.request, most_bytes, self->deadline, stop);
    if (stop.stop_requested()) return;
    job.done(std::move(answer));
  }
}

WebClient::WebClient(base::Duration deadline)
    : queue_(std::make_shared<Queue>(deadline)),
      thread_([queue = queue_](const std::stop_token& stop) { Queue::work(stop, queue); }) {}

WebClient::~WebClient() { stop(); }

void WebClient::stop() {
  thread_.request_stop();
  // The last who waited may have been the client's owner.
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else if (thread_.joinable()) {
    thread_.join();
  }
  std::deque<Queue::Job> dropped;
  const std::lock_guard lock(queue_->mutex);
  dropped.swap(queue_->waiting);
}

asio::awaitable<Result<WebAnswer>> WebClient::get(WebRequest request) {
  const auto home = co_await asio::this_coro::executor;
  const auto answer = std::make_shared<Result<WebAnswer>>(Error{ErrorKind::cancelled, "not asked"});
  const auto begin = [this, &home, &request, &answer](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    queue_->post(std::move(request), [home, answer, shared](Result<WebAnswer> got) {
      *answer = std::move(got);
      asio::post(home, [shared] { std::move (*shared)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(begin, asio::use_awaitable);
  co_return *answer;
}

}  // namespace watchrig::platform
