#include "cli/engine/venv.hpp"
#include "cli/config/state_folder.hpp"
#include "cli/config/words.hpp"
#include "cli/engine/step_by_step.hpp"
#include "cli/image/implied_packages.hpp"
#include "cli/image/requirements.hpp"
#include "cli/wait_notice.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cog {

namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text << std::flush;
  if (!file)
    throw command_error{"cannot write " + path.string() + ": " + std::strerror(errno)};
}

constexpr std::array<std::string_view, 6> path_options{"-r", "--requirement", "-c", "--constraint",
                                                       "-f", "--find-links"};

/// `cog`, `coglet` or the name of our wheel, in whatever version.
bool is_ours(const std::string& line) {
  auto name = package_of(line);
  return name == "cog" || name == "coglet" || name == "cog-cpp";
}

/// The environment's own list lies elsewhere, so an option's local path has to say where it begins.
std::string with_absolute_path(const std::string& line, const fs::path& folder) {
  auto end = line.find_first_of(" =");
  auto option = line.substr(0, end);
  auto names_path = std::find(path_options.begin(), path_options.end(), option) != path_options.end();
  if (!names_path || end == line.npos || line.find("://") != line.npos)
    return line;
  return option + " " + (folder / trimmed(line.substr(end + 1))).string();
}

void run_or_fail(std::vector<std::string> command, const std::string& folder, const std::string& awaited,
                 const console& messages) {
  auto words = shown_command(command);
  if (run_step_by_step({std::move(command), {}, folder}, messages, awaited) != 0)
    throw command_error{"cannot install " + awaited + "; this failed: " + words};
}

/// Later versions of pip count what they download for whoever reads along.
bool counts_progress(const std::string& python) {
  constexpr int first_major = 24, first_minor = 1;
  auto answer = run_captured({{python, "-c", "import pip; print(pip.__version__)"}});
  std::istringstream version{answer.out};
  int major = 0, minor = 0;
  char dot = '.';
  version >> major >> dot >> minor;
  return major > first_major || (major == first_major && minor >= first_minor);
}

std::string version_of(const std::string& python) {
  try {
    auto answer = run_captured({{python, "--version"}});
    return answer.status == 0 ? trimmed(answer.out) : std::string{};
  } catch (const command_error&) {
    return {};
  }
}

std::string minor_version(const std::string& version) {
  auto first = version.find('.');
  auto second = first == version.npos ? first : version.find('.', first + 1);
  return version.substr(0, second);
}

/// Who makes the environment, and of which Python.
struct maker {
  std::string uv;        // empty: venv and pip
  std::string python;    // a program, or for uv a version
  std::string version;   // as the program says
};

/// Is there a Python of this version that uv knows, or can get?
bool uv_provides(const std::string& uv, const std::string& version, const console& messages) {
  if (run_captured({{uv, "python", "find", version}}).status == 0)
    return true;
  messages.info("No Python " + version + " here: uv installs it...");
  return run_step_by_step({{uv, "python", "install", version}}, messages, "Python " + version) == 0;
}

maker choose_maker(const project_config& config, const console& messages) {
  auto wanted = minor_version(config.build.python_version);
  maker chosen{find_in_path("uv"), {}, {}};
  if (!wanted.empty()) {
    chosen.python = find_in_path("python" + wanted);
    chosen.version = chosen.python.empty() ? std::string{} : version_of(chosen.python);
  }
  if (!chosen.version.empty())
    return chosen;
  if (!chosen.uv.empty() && !wanted.empty() && uv_provides(chosen.uv, wanted, messages))
    return {chosen.uv, wanted, "Python " + wanted};
  chosen.python = find_in_path("python3");
  chosen.version = chosen.python.empty() ? std::string{} : version_of(chosen.python);
  if (chosen.version.empty())
    throw command_error{"no python3 on PATH: the host engine needs one, or uv"};
  if (!wanted.empty() && minor_version(chosen.version) != "Python " + wanted)
    messages.warn("cog.yaml asks for Python " + wanted + ", which is not here: using " + chosen.version +
                  " (install python" + wanted + ", or uv, which gets it)");
  return chosen;
}

/// What only an image can be given.
void warn_of_what_is_left_out(const project_config& config, const console& messages) {
  if (!config.build.run.empty() || !config.build.pre_install.empty())
    messages.warn("The commands of build.run are for images; on this machine they are not run");
  auto& packages = config.build.system_packages;
  if (packages.empty() || find_in_path("dpkg-query").empty())
    return;
  process_plan query{{"dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n"}};
  query.command.insert(query.command.end(), packages.begin(), packages.end());
  auto installed = "\n" + run_captured(query).out;
  std::string missing;
  for (auto& package : packages)
    if (installed.find("\ninstalled " + package.substr(0, package.find('=')) + "\n") == installed.npos)
      missing += " " + package;
  if (!missing.empty())
    messages.warn("Not installed, but in system_packages:" + missing);
}

void install(const fs::path& venv, const maker& with, const std::vector<std::string>& lines, const fs::path& project,
             const console& messages) {
  std::string text;
  for (auto& line : lines)
    text += line + "\n";
  auto listed = venv / "requirements.txt";
  write_text(listed, text);
  auto python = (venv / "bin/python").string();
  std::vector<std::string> tool = with.uv.empty()
    ? std::vector<std::string>{python, "-m", "pip", "--disable-pip-version-check"}
    : std::vector<std::string>{with.uv, "pip"};
  auto run = [&](std::vector<std::string> words) {
    auto command = tool;
    command.insert(command.end(), words.begin(), words.end());
    if (!with.uv.empty())
      command.insert(command.end(), {"--python", python});
    run_or_fail(command, project.string(), "the packages of cog.yaml", messages);
  };
  std::vector<std::string> words{"install", "-r", listed.string()};
  if (with.uv.empty())
    words.insert(words.end(), {"--progress-bar", messages.terminal && counts_progress(python) ? "raw" : "off"});
  run(words);
  // Some package may have asked for the reference's.
  auto found = run_captured({{python, "-c", "import cog"}, {}, venv.string()});
  if (found.status == 0) {
    words = {"uninstall", "cog", "coglet"};
    if (with.uv.empty())
      words.emplace_back("-y");
    run(words);
  }
}

/// Our packages go in by reference, last, from a folder that nothing else is in.
void add_our_packages(const fs::path& venv, const installation& tool) {
  auto python = (venv / "bin/python").string();
  auto site = run_captured({{python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"}});
  if (site.status != 0)
    throw command_error{"the new environment " + venv.string() + " does not work: " + trimmed(site.err)};
  auto own = venv / "cog-cpp";
  fs::create_directories(own);
  for (auto* package : {"cog", "coglet"})
    fs::create_directory_symlink(fs::path{tool.packages} / package, own / package);
  write_text(fs::path{trimmed(site.out)} / "cog-cpp.pth", own.string() + "\n");
}

void make(const fs::path& venv, const maker& with, const std::vector<std::string>& lines, const installation& tool,
          const fs::path& project, const console& messages) {
  fs::remove_all(venv);
  std::vector<std::string> command{with.python, "-m", "venv"};
  if (!with.uv.empty())
    command = {with.uv, "-q", "venv", "--python", with.python};
  else if (lines.empty())
    command.emplace_back("--without-pip");
  command.push_back(venv.string());
  run_or_fail(command, project.string(), "the Python environment", messages);
  if (!lines.empty())
    install(venv, with, lines, project, messages);
  add_our_packages(venv, tool);
}

/// One at a time makes the environment.
unique_fd lock_folder(const fs::path& folder, const console& messages) {
  auto name = folder / "venv.lock";
  unique_fd lock{open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)};
  if (!lock)
    throw command_error{"cannot write " + name.string() + ": " + std::strerror(errno)};
  wait_notice notice{messages, "another cog that makes this environment"};
  if (!lock_when_free(lock.get(), notice))
    messages.warn("cannot lock " + name.string() + ": " + std::strerror(errno) +
                  "; do not start cog twice in this project at once");
  return lock;
}

}   // namespace

std::vector<std::string> host_requirements(const project_config& config) {
  auto folder = (fs::path{config.folder} / config.build.python_requirements).parent_path();
  std::vector<std::string> lines;
  for (auto& line : config.build.python_packages)
    lines.push_back(trimmed(line));
  for (auto& [number, text] : requirement_lines(config))
    lines.push_back(with_absolute_path(text, folder));
  std::erase_if(lines, [](auto& line) { return line.empty() || is_ours(line); });
  return lines;
}

std::string make_venv(const project_config& config, const installation& tool, const console& messages) {
  fs::path folder{state_folder(config.folder)};
  auto venv = folder / "venv";
  if (folder.parent_path() != config.folder)
    messages.info("The project's folder cannot be written to; the environment is kept in " + folder.string());
  auto lock = lock_folder(folder, messages);
  warn_of_what_is_left_out(config, messages);
  auto lines = host_requirements(config);
  add_implied_packages(config, lines, messages);
  auto with = choose_maker(config, messages);
  auto inputs = with.uv + "\n" + with.python + "\n" + with.version + "\n" + tool.packages + "\n";
  for (auto& line : lines)
    inputs += line + "\n";
  auto stamp = venv / "inputs.txt";
  if (!fs::exists(stamp) || read_text(stamp) != inputs) {
    messages.info("Making the Python environment " + venv.string() + " from " + config.file + "...");
    try {
      make(venv, with, lines, tool, config.folder, messages);
      write_text(stamp, inputs);
    } catch (...) {
      std::error_code ignored;
      fs::remove_all(venv, ignored);   // half of it, which may have filled the disk
      throw;
    }
  }
  return venv.string();
}

}   // namespace cog
