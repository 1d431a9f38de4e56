#include "actors/files.hpp"
#include "actors/caf.hpp"
#include "io/base64.hpp"
#include "io/data_url.hpp"
#include "io/file_sink.hpp"
#include "io/folder.hpp"
#include "io/memory_reserve.hpp"
#include "io/shortage.hpp"
#include "io/text.hpp"
#include "io/unique_fd.hpp"
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <new>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

constexpr std::chrono::seconds sweep_pause{5};   // before another try, when descriptors or memory were lacking

void sweep(const files_actor::pointer& self, const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error)
    return;
  spdlog::warn("files: sweep-failed, path={} error={}", path, error.message());
  if (is_shortage(error.value()))
    self->delayed_send(self, sweep_pause, atom::sweep_v, path);
}

void touch(const std::string& path) {
  std::error_code ignored;   // opening will tell
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
  if (!unique_fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)})
    spdlog::warn("files: touch-failed, {}", errno_text(errno, path));
}

/// A want of memory ends the job, and not the actor that all others need.
template <class Job>
auto unless_short(const Job& job) -> decltype(job()) try {
  refusable_memory refusable;
  return job();
} catch (const std::bad_alloc&) {
  return make_error(errc::file_failed, "The server is out of memory");
}

}   // namespace

caf::expected<std::string> store_input(const input_job& job) {
  auto token = std::string_view{job.request->body}.substr(job.value.at.offset, job.value.at.length);
  auto stored = store_data_url(token, *job.target, job.index);
  if (!stored.problem.empty())
    return stored.bad_url
      ? make_error(errc::bad_data_url, job.value.pointer.substr(1) + ": not a sound data URL: " + stored.problem)
      : make_error(errc::file_failed, stored.problem);
  return stored.path;
}

caf::expected<std::string> encode_piece(const file_piece& piece) {
  unique_fd file{::open(piece.path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return make_error(errc::file_failed, errno_text(errno, piece.path));
  std::string bytes(piece.length, '\0');
  for (size_t done = 0; done < bytes.size();) {
    auto count = ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(piece.offset + done));
    if (count > 0)
      done += static_cast<size_t>(count);
    else if (count == 0)
      return make_error(errc::file_failed, "The file has become shorter: '" + piece.path + "'");
    else if (errno != EINTR)
      return make_error(errc::file_failed, errno_text(errno, piece.path));
  }
  if (piece.raw)
    return bytes;
  std::string text;
  append_base64(text, bytes);
  return text;
}

caf::expected<body_ptr> store_texts(const folder& target, const body_ptr& body) {
  auto problem = ensure(target);
  file_sink sink;
  if (!problem.empty() || !sink.open(target.path + "/webhook.json"))
    return make_error(errc::file_failed, problem.empty() ? sink.problem() : problem);
  std::vector<body_part> stored;
  uint64_t written = 0;
  for (auto& part : *body) {
    auto text = text_of(part);
    if (!text) {
      stored.push_back(part);
      continue;
    }
    if (!sink.write(*text))
      return make_error(errc::file_failed, sink.problem());
    auto* before = stored.empty() ? nullptr : std::get_if<raw_file>(&stored.back());
    if (before != nullptr)
      before->size += text->size();
    else
      stored.emplace_back(raw_file{sink.path(), written, text->size()});
    written += text->size();
  }
  return make_body(std::move(stored));
}

files_actor::behavior_type files(files_actor::pointer self) {
  return {
    [](atom::decode, const input_job& job) -> caf::result<std::string> {
      return unless_short([&] { return store_input(job); });
    },
    [](atom::encode, const file_piece& piece) -> caf::result<std::string> {
      return unless_short([&] { return encode_piece(piece); });
    },
    [](atom::store, const folder_ptr& target, const body_ptr& body) -> caf::result<body_ptr> {
      return unless_short([&] { return store_texts(*target, body); });
    },
    [](atom::store, const pieces_ptr& pieces) -> caf::result<bool> {
      return unless_short([&]() -> caf::expected<bool> {
        auto& target = *pieces->target;
        if (target.write(pieces->pieces))
          return true;
        return make_error(target.is_full() ? errc::disk_full : errc::file_failed, target.problem());
      });
    },
    [](atom::check, const status_ptr& status) {
      std::vector<process_usage> usage;
      for (auto& worker : status->workers)
        usage.push_back(worker.report.pid > 0 ? usage_of(worker.report.pid) : process_usage{});
      return usage;
    },
    [self](atom::sweep, const std::string& path) { sweep(self, path); },
    [](atom::touch, const std::string& path) { touch(path); },
  };
}

}   // namespace cog
