#include "actors/transfer.hpp"
#include <utility>

namespace cog {

transfer::transfer(caf::actor_config& cfg, web_options options, std::string upload_url)
  : transfer_actor::base{cfg},
    options_{std::move(options)},
    downloads_{multi_, options_},
    uploads_{multi_, options_, std::move(upload_url)},
    posts_{multi_, options_} {
  // nop
}

void transfer::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) {
  bool own = what->sender.get() == ctrl();
  transfer_actor::base::enqueue(std::move(what), unit);
  if (!own)
    multi_.wake();
}

const char* transfer::name() const {
  return "transfer";
}

void transfer::on_exit() {
  downloads_.cancel_all();
  uploads_.cancel_all();
  posts_.cancel_all();
}

transfer::behavior_type transfer::make_behavior() {
  return {
    [this](atom::fetch, const input_job& job) { return take<std::string>(downloads_, job); },
    [this](atom::store, const upload_job& job) { return take<std::string>(uploads_, job); },
    [this](atom::post, const post_job& job) { return take<post_outcome>(posts_, job); },
    [this](atom::cancel, const std::string& folder) {
      downloads_.cancel(folder);
      uploads_.cancel(folder);
    },
    [this](atom::perform) { perform(); },
  };
}

template <class T, class Line, class Job>
caf::result<T> transfer::take(Line& line, const Job& job) {
  auto promise = make_response_promise<T>();
  line.add(job, promise);
  if (!std::exchange(performing_, true))
    send(this, atom::perform_v);
  return promise;
}

void transfer::perform() {
  for (auto [which, code] : multi_.perform())
    if (!downloads_.finish(which, code) && !uploads_.finish(which, code))
      posts_.finish(which, code);
  uploads_.start_due();
  performing_ = !downloads_.empty() || !uploads_.empty() || !posts_.empty();
  if (!performing_)
    return;
  multi_.wait(uploads_.next_due());
  send(this, atom::perform_v);
}

}   // namespace cog
