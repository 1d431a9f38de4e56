#include "actors/files.hpp"
#include "io/base64.hpp"
#include "io/data_url.hpp"
#include "io/file_sink.hpp"
#include "io/folder.hpp"
#include "io/text.hpp"
#include "io/unique_fd.hpp"
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <spdlog/spdlog.h>

namespace cog {

namespace {

void sweep(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error)
    spdlog::warn("files: sweep-failed, path={} error={}", path, error.message());
}

void touch(const std::string& path) {
  std::error_code ignored;   // opening will tell
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
  if (!unique_fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)})
    spdlog::warn("files: touch-failed, {}", errno_text(errno, path));
}

}   // namespace

caf::expected<std::string> store_input(const input_job& job) {
  auto token = std::string_view{job.request->body}.substr(job.value.at.offset, job.value.at.length);
  auto stored = store_data_url(token, *job.target, job.index);
  if (!stored.problem.empty())
    return make_error(stored.bad_url ? errc::bad_data_url : errc::file_failed, stored.problem);
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
  std::string text;
  append_base64(text, bytes);
  return text;
}

caf::expected<body_ptr> store_texts(const folder& target, const body_ptr& body) {
  auto problem = ensure(target);
  file_sink sink;
  if (!problem.empty() || !sink.open(target.path + "/webhook.json"))
    return make_error(errc::file_failed, problem.empty() ? sink.problem() : problem);
  uint64_t offset = 0;
  auto stored = *body;
  for (auto& part : stored)
    if (auto* text = std::get_if<std::string>(&part)) {
      if (!sink.write(*text))
        return make_error(errc::file_failed, sink.problem());
      raw_file place{sink.path(), offset, text->size()};
      offset += place.size;
      part = std::move(place);
    }
  return make_body(std::move(stored));
}

files_actor::behavior_type files(files_actor::pointer) {
  return {
    [](atom::decode, const input_job& job) -> caf::result<std::string> { return store_input(job); },
    [](atom::encode, const file_piece& piece) -> caf::result<std::string> { return encode_piece(piece); },
    [](atom::store, const folder_ptr& target, const body_ptr& body) -> caf::result<body_ptr> {
      return store_texts(*target, body);
    },
    [](atom::sweep, const std::string& path) { sweep(path); },
    [](atom::touch, const std::string& path) { touch(path); },
  };
}

}   // namespace cog
