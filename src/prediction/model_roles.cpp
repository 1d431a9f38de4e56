#include "prediction/model_api.hpp"
#include <algorithm>
#include <initializer_list>

// Which input is for what, and what a model can therefore do.

namespace cog {

namespace {

using names = std::initializer_list<std::string_view>;

constexpr std::array<std::string_view, 13> never_prompt{
  "language", "lang", "locale", "task", "model", "mode", "format", "version", "voice", "speaker", "id", "name", "url"};

bool may_be_prompt(std::string_view name) {
  return std::find(never_prompt.begin(), never_prompt.end(), name) == never_prompt.end();
}

bool is_text(const model_input& input) {
  return input.kind == value_kind::text && !input.list;
}

bool is_file(const model_input& input) {
  return input.kind == value_kind::file;
}

bool is_number(const model_input& input) {
  return (input.kind == value_kind::integer || input.kind == value_kind::number) && !input.list;
}

bool is_word(const model_input& input) {
  return (input.kind == value_kind::text || input.kind == value_kind::choice) && !input.list;
}

bool is_messages(const model_input& input) {
  return input.kind == value_kind::object || is_text(input) || (input.list && input.kind == value_kind::other);
}

bool is_texts(const model_input& input) {
  return input.kind == value_kind::text && input.list;
}

bool is_stop(const model_input& input) {
  return input.kind == value_kind::text;
}

class role_finder {
public:
  explicit role_finder(model_api& api) : api_{api} {
    // nop
  }

  void find_all() {
    by_name(input_role::messages, is_messages, {"messages", "chat", "conversation", "chat_history"});
    by_name(input_role::system, is_text, {"system_prompt", "system", "system_message", "instructions", "pre_prompt"});
    by_name(input_role::prompt, is_text,
            {"prompt", "text", "input", "query", "question", "instruction", "message", "text_input", "sentence",
             "input_text", "user_prompt"});
    by_name(input_role::image, is_file,
            {"image", "images", "img", "input_image", "image_input", "init_image", "picture", "photo"});
    by_name(input_role::audio, is_file,
            {"audio", "audio_file", "audio_input", "input_audio", "speech", "sound", "file"});
    by_name(input_role::texts, is_texts, {"texts", "sentences", "documents", "inputs", "passages"});
    by_name(input_role::max_tokens, is_number,
            {"max_tokens", "max_new_tokens", "max_completion_tokens", "max_output_tokens", "max_length"});
    by_name(input_role::stop, is_stop, {"stop", "stop_sequences", "stop_words"});
    by_name(input_role::n, is_number,
            {"n", "num_outputs", "num_images", "num_samples", "number_of_images", "batch_size"});
    by_name(input_role::voice, is_word, {"voice", "speaker", "voice_id", "speaker_id"});
    by_name(input_role::format, is_word, {"output_format", "response_format", "format", "audio_format"});
    find_size();
    find_prompt();
    find_file(input_role::image, "image/");
    find_file(input_role::audio, "audio/");
    find_only_file();
    if (!has(input_role::texts))
      take_only(input_role::texts, [](auto& input) { return is_texts(input) && input.required; });
  }

private:
  using fits = bool (*)(const model_input&);

  std::vector<size_t>& place(input_role role) { return api_.roles[static_cast<size_t>(role)]; }
  bool has(input_role role) { return !place(role).empty(); }

  void by_name(input_role role, fits fit, names wanted) {
    if (configured(role, fit))
      return;
    for (auto name : wanted)
      for (size_t at = 0; at < api_.inputs.size(); ++at)
        if (!has(role) && api_.inputs[at].name == name && fit(api_.inputs[at]))
          place(role).push_back(at);
  }

  /// What cog.yaml says.
  bool configured(input_role role, fits fit) {
    auto place_in_file = "inputs." + std::string{role_names[static_cast<size_t>(role)]};
    for (auto& name : api_.config.inputs[static_cast<size_t>(role)]) {
      auto* input = api_.find(name);
      if (!input)
        api_.problems.push_back({place_in_file, "the model has no input `" + name + "`"});
      else if (!fit(*input))
        api_.problems.push_back({place_in_file, "the input `" + name + "` is of another kind"});
      else
        place(role).push_back(static_cast<size_t>(input - api_.inputs.data()));
    }
    return !api_.config.inputs[static_cast<size_t>(role)].empty();
  }

  void find_size() {
    auto is_size = [](const model_input& input) { return is_number(input) || is_word(input); };
    if (configured(input_role::size, is_size))
      return;
    auto* width = api_.find("width");
    auto* height = api_.find("height");
    if (width && height && is_number(*width) && is_number(*height))
      place(input_role::size) = {static_cast<size_t>(width - api_.inputs.data()),
                                 static_cast<size_t>(height - api_.inputs.data())};
    else
      by_name(input_role::size, is_word, {"size", "resolution"});
  }

  template <class Fit>
  void take_only(input_role role, Fit fit) {
    std::vector<size_t> found;
    for (size_t at = 0; at < api_.inputs.size(); ++at)
      if (fit(api_.inputs[at]))
        found.push_back(at);
    if (found.size() == 1)
      place(role) = std::move(found);
  }

  bool is_taken(const model_input& input) const {
    for (auto& places : api_.roles)
      for (auto at : places)
        if (&api_.inputs[at] == &input)
          return true;
    return false;
  }

  void find_prompt() {
    auto fit = [this](const model_input& input) {
      return is_text(input) && may_be_prompt(input.name) && !is_taken(input);
    };
    if (!has(input_role::prompt))
      take_only(input_role::prompt, [&](auto& input) { return fit(input) && input.required; });
    if (!has(input_role::prompt))
      take_only(input_role::prompt, fit);
  }

  void find_file(input_role role, std::string_view type) {
    if (!has(role))
      take_only(role, [&](auto& input) { return is_file(input) && input.accept.starts_with(type); });
  }

  /// The only file of a model is whatever file a client has.
  void find_only_file() {
    if (has(input_role::image) || has(input_role::audio))
      return;
    take_only(input_role::image, is_file);
    place(input_role::audio) = place(input_role::image);
  }

  model_api& api_;
};

std::string names_of(const model_api& api, bool (*fit)(const model_input&)) {
  std::string all;
  for (auto& input : api.inputs)
    if (fit(input))
      all.append(all.empty() ? "" : ", ").append(input.name);
  return all.empty() ? "none" : all;
}

const model_output* field_of(const model_output& output, const std::string& path) {
  auto* place = &output;
  for (size_t from = 0; from < path.size();) {
    auto end = std::min(path.find('.', from), path.size());
    auto name = std::string_view{path}.substr(from, end - from);
    auto found =
      std::find_if(place->fields.begin(), place->fields.end(), [&](auto& field) { return field.name == name; });
    if (found == place->fields.end())
      return nullptr;
    place = &*found;
    from = end + 1;
  }
  return place;
}

template <class Fit>
const model_output* pick(const model_api& api, names wanted, Fit fit) {
  auto& output = api.output;
  if (!api.config.output.empty()) {
    auto* chosen = field_of(output, api.config.output);
    return chosen && fit(*chosen) ? chosen : nullptr;
  }
  if (output.kind != value_kind::object || output.list)
    return fit(output) ? &output : nullptr;
  for (auto name : wanted)
    if (auto* field = field_of(output, std::string{name}); field && fit(*field))
      return field;
  return nullptr;
}

std::string no_input(std::string_view what, std::string_view role, const std::string& kind, const std::string& known) {
  auto first = known.substr(0, known.find(','));
  return "This model does not serve " + std::string{what} + ": no input takes the " + std::string{role} + " (" + kind +
    ": " + known + "). Name it in cog.yaml: api: {inputs: {" + std::string{role} + ": " +
    (known == "none" ? "NAME" : first) + "}}";
}

}   // namespace

void assign_roles(model_api& api) {
  role_finder{api}.find_all();
}

const model_output* model_api::text_field() const {
  return pick(*this, {"text", "output", "generated_text", "content", "response", "answer", "transcription"},
              [](auto& field) { return field.kind != value_kind::file && !field.matrix; });
}

const model_output* model_api::file_field() const {
  return pick(*this, {"audio", "image", "file", "output"}, [](auto& field) { return field.kind == value_kind::file; });
}

const model_output* model_api::number_field() const {
  auto fit = [](const model_output& field) { return field.is_number() && field.list; };
  auto untyped = [](const model_output& field) {
    return field.kind == value_kind::object || field.kind == value_kind::other;
  };
  if (auto* field = pick(*this, {"embedding", "embeddings", "vector", "data"}, fit))
    return field;
  return config.output.empty() ? nullptr : pick(*this, {}, untyped);
}

std::string model_api::refusal(operation what) const {
  auto name = operation_names[static_cast<size_t>(what)];
  auto lacks = "This model does not serve " + std::string{name} + ": ";
  bool text_in = input_of(input_role::prompt) != nullptr;
  auto no_prompt = [&] { return no_input(name, "prompt", "text inputs", names_of(*this, is_text)); };
  auto* file = file_field();
  bool returns_files = output.kind == value_kind::file;
  switch (what) {
    case operation::chat:
      if (!text_in && !input_of(input_role::messages))
        return no_prompt();
      return returns_files ? lacks + "it returns files, not text" : "";
    case operation::completions:
      if (!text_in)
        return no_prompt();
      return returns_files ? lacks + "it returns files, not text" : "";
    case operation::embeddings:
      if (!text_in && !input_of(input_role::texts))
        return no_prompt();
      return number_field() ? ""
                            : lacks + "its output is no list of numbers; where a part of it is one, name that in " +
          "cog.yaml: api: {output: PATH}";
    case operation::images:
    case operation::speech:
      if (!text_in)
        return no_prompt();
      break;
    case operation::image_edits:
      if (!input_of(input_role::image))
        return no_input(name, "image", "file inputs", names_of(*this, is_file));
      break;
    case operation::transcriptions:
      if (!input_of(input_role::audio))
        return no_input(name, "audio", "file inputs", names_of(*this, is_file));
      return returns_files ? lacks + "it returns files, not text" : "";
  }
  return file
    ? ""
    : lacks + "it returns no files; where a part of the output is one, name that in cog.yaml: " + "api: {output: PATH}";
}

}   // namespace cog
