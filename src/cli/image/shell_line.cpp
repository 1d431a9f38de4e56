#include "cli/image/shell_line.hpp"
#include <algorithm>
#include <array>

namespace cog {

namespace {

constexpr std::array<std::string_view, 10> keywords{"if",    "then", "elif", "else", "while",
                                                    "until", "do",   "!",    "{",    "time"};
constexpr std::array<std::string_view, 7> wrappers{"sudo", "exec", "env", "nice", "nohup", "command", "xargs"};
constexpr std::array<std::string_view, 4> shells{"sh", "bash", "dash", "eval"};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_assignment(std::string_view word) {
  auto at = word.find('=');
  return at != std::string_view::npos && at > 0 && word.substr(0, at).find_first_of("/-.:") == std::string_view::npos;
}

class shell_reader {
public:
  explicit shell_reader(std::string_view line) : line_{line} {}

  std::vector<shell_command> read() {
    while (at_ < line_.size())
      step();
    while (!outside_.empty())
      leave();
    end_command();
    return std::move(commands_);
  }

private:
  void step() {
    auto c = line_[at_++];
    if (quote_ == '\'') {
      if (c == '\'')
        quote_ = 0;
      else
        word_ += c;
    } else if (c == '\\' && at_ < line_.size()) {
      add(line_[at_++]);
    } else if (c == '`' && !outside_.empty() && outside_.back().end == '`') {
      leave();
    } else if (c == '`') {
      enter('`');
    } else if (c == '$' && next() == '(') {
      ++at_;
      enter(')');
    } else if (quote_ == '"') {
      if (c == '"')
        quote_ = 0;
      else
        word_ += c;
    } else {
      plain(c);
    }
  }

  void plain(char c) {
    if (c == '\'' || c == '"') {
      quote_ = c;
      in_word_ = true;
    } else if (c == ' ' || c == '\t') {
      end_word();
    } else if (c == '(') {
      end_command();
      enter(')');
    } else if (c == ')') {
      leave();
    } else if (c == ';' || c == '\n' || (c == '&' && !word_.ends_with('>'))) {
      end_command();
    } else if (c == '#' && word_.empty()) {
      at_ = std::min(line_.find('\n', at_), line_.size());
    } else if (c == '|') {
      auto either = next() == '|';
      at_ += either ? 1 : 0;
      current_.feeds_pipe = !either;
      end_command();
      current_.reads_pipe = !either;
    } else {
      add(c);
    }
  }

  /// Reads on within `$(...)`, `(...)` or backticks.
  void enter(char end) {
    outside_.push_back({std::move(current_), std::move(word_), in_word_, quote_, end});
    current_ = {};
    word_.clear();
    in_word_ = false;
    quote_ = 0;
  }

  void leave() {
    end_command();
    if (outside_.empty())
      return;
    auto& outer = outside_.back();
    current_ = std::move(outer.current);
    word_ = std::move(outer.word);
    in_word_ = outer.in_word || outer.quote != 0;
    quote_ = outer.quote;
    outside_.pop_back();
  }

  char next() const { return at_ < line_.size() ? line_[at_] : '\0'; }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  void end_word() {
    auto& words = current_.words;
    if ((in_word_ || !word_.empty()) && !(words.empty() && (contains(keywords, word_) || is_assignment(word_))))
      words.push_back(word_);
    if (words.size() == 1 && contains(wrappers, words.front()))
      words.clear();
    word_.clear();
    in_word_ = false;
  }

  void end_command() {
    end_word();
    auto done = std::move(current_);
    current_ = {};
    if (done.words.empty())
      return;
    auto& program = done.words.front();
    if (program != "./configure")
      program = program.substr(program.rfind('/') + 1);
    if (contains(shells, program))
      for (auto& word : done.words)
        if (word.find(' ') != std::string::npos)
          for (auto& inner : shell_reader{word}.read())
            commands_.push_back(std::move(inner));
    commands_.push_back(std::move(done));
  }

  /// What is read when a part such as `$(...)` ends.
  struct outer_part {
    shell_command current;
    std::string word;
    bool in_word;
    char quote;
    char end;
  };

  std::string_view line_;
  size_t at_ = 0;
  char quote_ = 0;
  std::vector<outer_part> outside_;
  std::string word_;
  bool in_word_ = false;
  shell_command current_;
  std::vector<shell_command> commands_;
};

bool stops_early(const shell_command& command) {
  auto& program = command.words.front();
  auto has = [&](std::string_view option) { return contains(command.words, option); };
  return program == "head" || (program == "grep" && (has("-q") || has("-m") || has("-m1") || has("--quiet"))) ||
    (program == "sed" &&
     std::any_of(command.words.begin(), command.words.end(), [](auto& word) { return word.ends_with('q'); }));
}

}   // namespace

std::vector<shell_command> shell_commands(std::string_view line) {
  return shell_reader{line}.read();
}

bool may_break_pipe(const std::vector<shell_command>& commands) {
  return std::any_of(commands.begin(), commands.end(), [](auto& one) {
    return (one.feeds_pipe && one.words.front() == "yes") || (one.reads_pipe && stops_early(one));
  });
}

std::vector<std::string> apt_packages(const std::vector<shell_command>& commands) {
  std::vector<std::string> packages;
  for (auto& command : commands) {
    auto& words = command.words;
    auto install = std::find(words.begin(), words.end(), "install");
    if ((words.front() != "apt-get" && words.front() != "apt") || install == words.end())
      continue;
    for (auto word = install + 1; word != words.end(); ++word)
      if (!word->starts_with('-'))
        packages.push_back(*word);
  }
  return packages;
}

}   // namespace cog
