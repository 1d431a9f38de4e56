#pragma once
#include "http/dialects/prediction_plan.hpp"
#include <deque>

namespace cog {

/// Fills in the plan of a request, or complains.
using plan_mapper = void (*)(plan_maker& maker);

/// A request that predictions are made of: one, one that is followed, or a list of them, whose answers come in the order
/// of the inputs. When one of a list fails the others are cancelled; it is answered when none of them runs any more.
class prediction_call : public dialect_call, private asker {
public:
  prediction_call(const dialect_scene& scene, const dialect_row& row, path_words words, plan_mapper map)
    : scene_{scene}, which_{row.which}, words_{std::move(words)}, map_{map} {
    // nop
  }

  void handle() override;
  void on_event(const event_ptr& event) override;
  void leave() override;
  const std::string& prediction_id() const override;

private:
  /// One prediction of a list.
  struct item : asker {
    item(prediction_call& call, request_ptr what) : owner{call}, request{std::move(what)} {
      // nop
    }
    void on_error(const caf::error& failure) override { owner.on_item_error(*this, failure); }

    prediction_call& owner;
    request_ptr request;
    snapshot_ptr result;
    bool running = false;
  };

  void on_error(const caf::error& error) override;
  static void take_document(asker& to, const document_ptr& document);
  static void take_result(asker& to, const snapshot_ptr& result);
  void plan_with(const document_ptr& document);
  bool make_items(const document_ptr& document);
  request_ptr make_request(std::string body, const model_document& document);
  void give_facts();
  void start_more();
  void start(item& item);
  void on_item_error(item& item, const caf::error& failure);
  void on_item_result(item& item, const snapshot_ptr& result);
  void give_up(dialect_error error);
  void finish();
  void begin_stream();
  void refuse(const dialect_error& error);
  void respond(http_response response, answer_text body);

  dialect_scene scene_;
  dialect which_;
  path_words words_;
  plan_mapper map_;
  std::shared_ptr<const model_api> api_;
  prediction_plan plan_;
  std::deque<item> items_;      // stable places
  std::deque<item*> waiting_;   // not begun, or refused for want of a slot
  size_t running_ = 0;
  size_t most_ = 16;               // at once
  bool streams_ = false;           // the head has been given
  std::vector<event_ptr> early_;   // came before the router's answer
  std::optional<dialect_error> failure_;
};

template <plan_mapper Map>
std::unique_ptr<dialect_call> predict_with(const dialect_scene& scene, const dialect_row& row, path_words words) {
  return std::make_unique<prediction_call>(scene, row, std::move(words), Map);
}

/// Where clients reach the server: COG_PUBLIC_URL, else as proxies and the request say.
std::string public_url(const http_request& request, const server_config& config);

}   // namespace cog
