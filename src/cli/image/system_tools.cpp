#include "cli/image/system_tools.hpp"
#include "cli/config/words.hpp"
#include "cli/image/shell_line.hpp"
#include <algorithm>
#include <array>

namespace cog {

namespace {

struct program_packages {
  std::string_view program;
  std::string_view packages;   // a blank between them
};

constexpr std::array<program_packages, 40> known_programs{{
  {"7z", "p7zip-full"},
  {"aria2c", "aria2 ca-certificates"},
  {"autoconf", "autoconf automake libtool build-essential"},
  {"bison", "bison"},
  {"bzip2", "bzip2"},
  {"c++", "build-essential"},
  {"cargo", "cargo"},
  {"cc", "build-essential"},
  {"clang", "clang"},
  {"cmake", "cmake build-essential"},
  {"convert", "imagemagick"},
  {"curl", "curl ca-certificates"},
  {"espeak", "espeak"},
  {"espeak-ng", "espeak-ng"},
  {"ffmpeg", "ffmpeg"},
  {"ffprobe", "ffmpeg"},
  {"flex", "flex"},
  {"g++", "build-essential"},
  {"gcc", "build-essential"},
  {"gfortran", "gfortran"},
  {"git", "git ca-certificates"},
  {"git-lfs", "git-lfs git ca-certificates"},
  {"gpg", "gnupg"},
  {"hg", "mercurial"},
  {"jq", "jq"},
  {"make", "build-essential"},
  {"ninja", "ninja-build build-essential"},
  {"patch", "patch"},
  {"pkg-config", "pkg-config"},
  {"rsync", "rsync"},
  {"rustc", "cargo"},
  {"sox", "sox"},
  {"ssh", "openssh-client"},
  {"ssh-keyscan", "openssh-client"},
  {"svn", "subversion"},
  {"swig", "swig"},
  {"unzip", "unzip"},
  {"wget", "wget ca-certificates"},
  {"xz", "xz-utils"},
  {"zip", "zip"},
}};

constexpr std::array<program_packages, 10> known_libraries{{
  {"libGL.so.1", "libgl1"},
  {"libSM.so.6", "libsm6"},
  {"libXext.so.6", "libxext6"},
  {"libXrender.so.1", "libxrender1"},
  {"libgomp.so.1", "libgomp1"},
  {"libglib-2.0.so.0", "libglib2.0-0"},
  {"libgthread-2.0.so.0", "libglib2.0-0"},
  {"libportaudio.so.2", "libportaudio2"},
  {"libsndfile.so.1", "libsndfile1"},
  {"libxcb.so.1", "libxcb1"},
}};

struct package_need {
  std::string_view package;
  std::string_view program;   // or a library, by its `.so`
};

/// Python packages that come as sources only, or run a program, or load a library that they do not bring.
constexpr std::array<package_need, 24> known_needs{{
  {"cython-bbox", "gcc"},
  {"dlib", "cmake"},
  {"face-recognition", "cmake"},
  {"fairseq", "gcc"},
  {"fasttext", "gcc"},
  {"ffmpeg-python", "ffmpeg"},
  {"flash-attn", "gcc"},
  {"hnswlib", "gcc"},
  {"insightface", "gcc"},
  {"llama-cpp-python", "cmake"},
  {"madmom", "gcc"},
  {"mmcv-full", "gcc"},
  {"natten", "cmake"},
  {"openai-whisper", "ffmpeg"},
  {"opencv-contrib-python", "libGL.so.1"},
  {"opencv-contrib-python", "libgthread-2.0.so.0"},
  {"opencv-python", "libGL.so.1"},
  {"opencv-python", "libgthread-2.0.so.0"},
  {"pesq", "gcc"},
  {"pyaudio", "gcc"},
  {"pydub", "ffmpeg"},
  {"pyworld", "gcc"},
  {"webrtcvad", "gcc"},
  {"whisperx", "ffmpeg"},
}};

/// Names that every release since Debian 11 and Ubuntu 20.04 knows.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> renamed_packages{{
  {"libegl1-mesa", "libegl1"},
  {"libgl1-mesa-glx", "libgl1"},
  {"libgles2-mesa", "libgles2"},
  {"libncurses5", "libncurses6"},
  {"libtinfo5", "libtinfo6"},
  {"libatlas-base-dev", "libopenblas-dev"},
  {"netcat", "netcat-openbsd"},
  {"python-dev", "python3-dev"},
  {"python-pip", "python3-pip"},
  {"ttf-dejavu", "fonts-dejavu"},
  {"ttf-freefont", "fonts-freefont-ttf"},
  {"ttf-liberation", "fonts-liberation"},
}};

template <class Table>
std::vector<std::string> find_packages(const Table& table, std::string_view name) {
  for (auto& one : table)
    if (one.program == name)
      return split(one.packages, " ");
  return {};
}

bool is_library(std::string_view name) {
  return name.find(".so") != std::string_view::npos;
}

bool is_source_archive(const std::string& text) {
  auto end = std::min({text.find('#'), text.find(';'), text.size()});
  auto lower = lower_case(trimmed(text.substr(0, end)));
  return std::any_of(artifact_archives.begin(), artifact_archives.end(),
                     [&](auto ending) { return lower.ends_with(ending); });
}

/// Of a requirement, whether in a file or on pip's command line.
std::vector<std::string_view> programs_of_requirement(const std::string& text) {
  std::vector<std::string_view> programs;
  if (text.find("git+") != std::string::npos)
    programs.emplace_back("git");
  if (text.find("git+ssh:") != std::string::npos)
    programs.emplace_back("ssh");
  if (text.find("hg+") == 0)
    programs.emplace_back("hg");
  if (text.find("svn+") == 0)
    programs.emplace_back("svn");
  if (text.find("--no-binary") == 0 || is_source_archive(text))
    programs.emplace_back("gcc");
  for (auto& need : known_needs)
    if (package_of(text) == need.package)
      programs.push_back(need.program);
  return programs;
}

bool is_tar_of(const std::vector<std::string>& words, char flag, std::string_view ending) {
  return words.front() == "tar" && std::any_of(words.begin() + 1, words.end(), [&](const std::string& word) {
           auto flags = word.starts_with("-") ? word.substr(1) : &word == &words[1] ? word : std::string{};
           return (!flags.starts_with('-') && flags.size() < 6 && flags.find(flag) != std::string::npos) ||
             word.ends_with(ending);
         });
}

std::vector<std::string_view> programs_of_command(const std::vector<std::string>& words) {
  std::vector<std::string_view> programs;
  auto& program = words.front();
  auto has = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
  for (auto& known : known_programs)
    if (known.program == program)
      programs.push_back(known.program);
  if (program == "git" && has("lfs"))
    programs.emplace_back("git-lfs");
  auto by_ssh = [](auto& word) { return word.starts_with("git@") || word.starts_with("ssh://"); };
  if (program == "git" && std::any_of(words.begin(), words.end(), by_ssh))
    programs.emplace_back("ssh");
  if (is_tar_of(words, 'J', ".xz"))
    programs.emplace_back("xz");
  if (is_tar_of(words, 'j', ".bz2"))
    programs.emplace_back("bzip2");
  if (program == "./configure" || has("setup.py"))
    programs.emplace_back("gcc");
  if (has("install") && (program.starts_with("pip") || program == "uv" || has("pip")))
    for (auto& word : words)
      for (auto one : programs_of_requirement(word))
        programs.push_back(one);
  return programs;
}

class tool_finder {
public:
  tool_finder(const project_config& config, bool has_compiler) : has_compiler_{has_compiler} {
    for (auto& package : config.build.system_packages)
      named_.push_back(current_package_name(package));
  }

  void look_at(const std::string& command, const std::string& place) {
    auto commands = shell_commands(command);
    for (auto& package : apt_packages(commands))
      named_.push_back(package);
    for (auto& one : commands)
      for (auto program : programs_of_command(one.words))
        need(program, place);
  }

  void look_at_requirement(const std::string& line) {
    for (auto program : programs_of_requirement(line))
      need(program, line);
  }

  std::vector<system_tool> take() { return std::move(tools_); }

private:
  void need(std::string_view program, const std::string& place) {
    auto library = is_library(program);
    auto packages = library ? packages_of_library(program) : packages_of_program(program);
    auto name = std::string{program};
    auto& main_package = packages.front();
    auto named = [&](const std::string& package) {
      return std::any_of(named_.begin(), named_.end(),
                         [&](auto& one) { return one.substr(0, one.find('=')) == package; });
    };
    if (named(main_package) || named(name) || (has_compiler_ && main_package == "build-essential"))
      return;
    auto probe = library ? "ldconfig -p | grep -q " + name : "command -v " + name + " >/dev/null";
    auto known = std::any_of(tools_.begin(), tools_.end(), [&](auto& one) { return one.probe == probe; });
    if (!known)
      tools_.push_back({probe, packages, name + " for " + place});
  }

  std::vector<std::string> named_;
  bool has_compiler_;
  std::vector<system_tool> tools_;
};

}   // namespace

std::vector<std::string> packages_of_program(std::string_view program) {
  return find_packages(known_programs, program);
}

std::vector<std::string> packages_of_library(std::string_view library) {
  return find_packages(known_libraries, library);
}

std::vector<system_tool> find_system_tools(const project_config& config, const std::vector<run_step>& steps,
                                           const requirement_list& requirements, bool has_compiler) {
  tool_finder finder{config, has_compiler};
  for (auto& line : requirements.lines)
    finder.look_at_requirement(line);
  for (size_t i = 0; i < steps.size(); ++i)
    finder.look_at(steps[i].command,
                   i < config.build.run.size()
                     ? "build.run[" + std::to_string(i) + "]"
                     : "build.pre_install[" + std::to_string(i - config.build.run.size()) + "]");
  return finder.take();
}

std::string current_package_name(const std::string& name) {
  for (auto& [old_name, new_name] : renamed_packages)
    if (name == old_name)
      return std::string{new_name};
  return name;
}

std::string with_current_package_names(const std::string& command, std::vector<std::string>& replaced) {
  auto text = command;
  constexpr std::string_view ends = " \t;&|)\"'";
  for (auto& package : apt_packages(shell_commands(command))) {
    auto name = current_package_name(package);
    if (name == package)
      continue;
    for (auto at = text.find(package); at != std::string::npos; at = text.find(package, at + 1)) {
      auto end = at + package.size();
      auto whole = at > 0 && ends.find(text[at - 1]) != std::string_view::npos &&
        (end == text.size() || ends.find(text[end]) != std::string_view::npos);
      if (whole)
        text.replace(at, package.size(), name);
    }
    replaced.push_back(package);
  }
  return text;
}

}   // namespace cog
