#include "process/frame_order.hpp"
#include <algorithm>
#include <cstdlib>
#include <cstring>

// What a worker process may send: any bytes are cut into frames, put in order and parsed without a crash, and what was
// parsed lies within its frame.

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

void require_within(const std::vector<cog::output_file>& files, std::string_view rest) {
  size_t from = 0;
  for (auto& file : files) {
    require(file.at.offset >= from && file.at.length >= 2 && file.at.offset + file.at.length <= rest.size());
    from = file.at.offset + file.at.length;
  }
}

void parse(const cog::frame& frame) {
  using enum cog::frame_kind;
  auto payload = frame.payload;
  switch (frame.kind) {
    case hello:
      cog::parse_hello(payload);
      return;
    case described:
      cog::parse_described(payload);
      return;
    case setup_failed:
      cog::parse_setup_failed(payload);
      return;
    case output:
      if (auto parsed = cog::parse_output(payload))
        require_within(parsed->files, parsed->chunk);
      return;
    case log:
      cog::parse_log(payload);
      return;
    case metric:
      cog::parse_metric(payload);
      return;
    case done:
      if (auto parsed = cog::parse_done(payload)) {
        require_within(parsed->files, parsed->rest);
        require(parsed->shape != cog::done_shape::chunk_list || parsed->status != cog::done_status::succeeded ||
                parsed->rest.size() >= 2);
      }
      return;
    case health:
      cog::parse_health(payload);
      return;
    case pong:
      cog::parse_pong(payload);
      return;
    case ready:
    case poisoned:
    case run:
    case cancel:
    case healthcheck:
    case ping:
    case end:
    case lease:
      return;
  }
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1)
    return 0;
  auto from = data[0] % 2 == 0 ? cog::worker_socket::data : cog::worker_socket::control;
  size_t step = data[0] / 2 + 1;
  cog::frame_reader reader;
  cog::frame_order order;
  for (size_t at = 1; at < size && reader.problem().empty();) {
    auto room = reader.prepare();
    auto count = std::min({step, size - at, room.size()});
    require(count > 0);
    std::memcpy(room.data(), data + at, count);
    reader.commit(count);
    at += count;
    while (auto frame = reader.next()) {
      order.take(from, frame->kind);
      parse(*frame);
    }
    if (reader.capacity() > (64u << 20))   // a frame that is said to be huge, and never comes whole
      return 0;
  }
  return 0;
}
