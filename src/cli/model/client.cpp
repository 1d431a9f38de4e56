#include "cli/model/client.hpp"
#include <algorithm>
#include <array>
#include <new>

namespace cog {

namespace {

constexpr int longest_wait = 60'000;   // milliseconds
constexpr std::chrono::milliseconds telling_interval{100};

struct receiver {
  CURL* easy;
  const http_question& question;
  http_answer& answer;
};

size_t take_body(char* data, size_t size, size_t count, void* self) {
  auto& into = *static_cast<receiver*>(self);
  std::string_view bytes{data, size * count};
  long status = 0;
  curl_easy_getinfo(into.easy, CURLINFO_RESPONSE_CODE, &status);
  if (into.question.on_body && status == 200)
    into.question.on_body(bytes);
  else
    into.answer.body += bytes;
  return bytes.size();
}

uint64_t bytes_of(CURL* easy, CURLINFO what) {
  curl_off_t count = 0;
  curl_easy_getinfo(easy, what, &count);
  return static_cast<uint64_t>(count);
}

/// Has the answer's body begun?
bool is_answered(CURL* easy) {
  return bytes_of(easy, CURLINFO_SIZE_DOWNLOAD_T) > 0;
}

}   // namespace

model_client::model_client(std::string url, std::vector<int> watched, std::function<bool()> look)
  : url_{std::move(url)}, watched_{std::move(watched)}, look_{std::move(look)}, multi_{nullptr, curl_multi_cleanup} {
  [[maybe_unused]] static const auto done = curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_.reset(curl_multi_init());
  if (!multi_)
    throw std::bad_alloc{};
}

http_answer model_client::ask(const http_question& question) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), curl_easy_cleanup};
  if (!easy)
    throw std::bad_alloc{};
  http_answer answer;
  receiver into{easy.get(), question, answer};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{curl_slist_append(nullptr, "Expect:"),
                                                                      curl_slist_free_all};
  auto add_header = [&](const std::string& line) { headers.reset(curl_slist_append(headers.release(), line.c_str())); };
  if (!question.accept.empty())
    add_header("Accept: " + question.accept);
  if (!question.prefer.empty())
    add_header("Prefer: " + question.prefer);
  auto url = url_ + question.path;
  std::array<char, CURL_ERROR_SIZE> error{};
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, question.method.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(question.limit.count()));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &into);
  if (!question.body.empty()) {
    add_header("Content-Type: application/json");
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(question.body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, question.body.data());
  }
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  auto code = transfer(easy.get(), question, answer.woken);
  if (code != CURLE_OK || answer.woken)
    answer.problem = error[0] ? error.data() : curl_easy_strerror(code);
  else
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

CURLcode model_client::transfer(CURL* easy, const http_question& question, bool& woken) {
  curl_multi_add_handle(multi_.get(), easy);
  auto code = CURLE_ABORTED_BY_CALLBACK;
  auto next = std::chrono::steady_clock::now() + telling_interval;
  for (int running = 1; running > 0 && !woken;) {
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    if (auto* message = curl_multi_info_read(multi_.get(), &left)) {
      code = message->data.result;
      break;
    }
    std::vector<curl_waitfd> extra;
    for (int descriptor : watched_)
      extra.push_back({descriptor, CURL_WAIT_POLLIN, 0});
    curl_multi_poll(multi_.get(), extra.data(), static_cast<unsigned>(extra.size()),
                    question.on_wait ? static_cast<int>(telling_interval.count()) : longest_wait, nullptr);
    bool readable = std::any_of(extra.begin(), extra.end(), [](auto& entry) { return entry.revents != 0; });
    woken = readable && (!look_ || look_());
    if (auto now = std::chrono::steady_clock::now(); question.on_wait && !woken && now >= next && !is_answered(easy)) {
      question.on_wait(bytes_of(easy, CURLINFO_SIZE_UPLOAD_T));
      next = now + telling_interval;
    }
  }
  curl_multi_remove_handle(multi_.get(), easy);
  return code;
}

}   // namespace cog
