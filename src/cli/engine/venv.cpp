#include "cli/engine/venv.hpp"
#include "cli/engine/process.hpp"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/file.h>

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

std::string trimmed(const std::string& text) {
  auto first = text.find_first_not_of(" \t\r\n");
  auto last = text.find_last_not_of(" \t\r\n");
  return first == text.npos ? std::string{} : text.substr(first, last + 1 - first);
}

/// `cog` or `coglet`, in whatever version.
bool is_ours(const std::string& line) {
  auto name =
    line.substr(0, line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return name == "cog" || name == "coglet";
}

void run_or_fail(std::vector<std::string> command, const std::string& folder, const std::string& what) {
  auto words = shown_command(command);
  process program{{std::move(command), {}, folder, -1, STDERR_FILENO, STDERR_FILENO}};
  if (program.wait() != 0)
    throw command_error{what + " failed: " + words};
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

maker choose_maker(const project_config& config, const console& messages) {
  auto wanted = minor_version(config.build.python_version);
  maker chosen{find_in_path("uv"), {}, {}};
  if (!wanted.empty()) {
    chosen.python = find_in_path("python" + wanted);
    chosen.version = chosen.python.empty() ? std::string{} : version_of(chosen.python);
  }
  if (!chosen.version.empty())
    return chosen;
  if (!chosen.uv.empty() && !wanted.empty())
    return {chosen.uv, wanted, "Python " + wanted};
  chosen.python = find_in_path("python3");
  chosen.version = chosen.python.empty() ? std::string{} : version_of(chosen.python);
  if (chosen.version.empty())
    throw command_error{"no python3 on PATH: the host engine needs one, or uv"};
  if (!wanted.empty() && minor_version(chosen.version) != "Python " + wanted)
    messages.warn("No python" + wanted + " on PATH, using " + chosen.version);
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

void install(const fs::path& venv, const maker& with, const std::vector<std::string>& lines, const fs::path& project) {
  std::string text;
  for (auto& line : lines)
    text += line + "\n";
  auto listed = venv / "requirements.txt";
  write_text(listed, text);
  auto python = (venv / "bin/python").string();
  std::vector<std::string> tool = with.uv.empty()
    ? std::vector<std::string>{python, "-m", "pip", "--disable-pip-version-check", "-q"}
    : std::vector<std::string>{with.uv, "-q", "pip"};
  auto run = [&](std::vector<std::string> words) {
    auto command = tool;
    command.insert(command.end(), words.begin(), words.end());
    if (!with.uv.empty())
      command.insert(command.end(), {"--python", python});
    run_or_fail(command, project.string(), "installing the packages of cog.yaml");
  };
  run({"install", "-r", listed.string()});
  // Some package may have asked for the reference's.
  auto found = run_captured({{python, "-c", "import cog"}, {}, venv.string()});
  if (found.status == 0) {
    std::vector<std::string> words{"uninstall", "cog", "coglet"};
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

void make(const fs::path& venv, const maker& with, const std::vector<std::string>& lines, const installation& tool) {
  fs::remove_all(venv);
  auto project = venv.parent_path().parent_path();
  std::vector<std::string> command{with.python, "-m", "venv"};
  if (!with.uv.empty())
    command = {with.uv, "-q", "venv", "--python", with.python};
  else if (lines.empty())
    command.emplace_back("--without-pip");
  command.push_back(venv.string());
  run_or_fail(command, project.string(), "making the Python environment");
  if (!lines.empty())
    install(venv, with, lines, project);
  add_our_packages(venv, tool);
}

}   // namespace

std::vector<std::string> host_requirements(const project_config& config) {
  auto lines = config.build.python_packages;
  if (auto& name = config.build.python_requirements; !name.empty()) {
    auto path = fs::path{config.folder} / name;
    std::ifstream file{path};
    if (!file)
      throw command_error{config.place("build.python_requirements") + "cannot read " + path.string() + ": " +
                          std::strerror(errno)};
    for (std::string line; std::getline(file, line);)
      lines.push_back(line);
  }
  for (auto& line : lines)
    line = trimmed(line);
  std::erase_if(lines, [](auto& line) { return line.empty() || line.starts_with('#') || is_ours(line); });
  return lines;
}

std::string make_venv(const project_config& config, const installation& tool, const console& messages) {
  auto folder = fs::path{config.folder} / ".cog";
  auto venv = folder / "venv";
  std::error_code error;
  fs::create_directories(folder, error);
  unique_fd lock{open((folder / "venv.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)};
  if (!lock)
    throw command_error{"cannot write in " + folder.string() + ": " + std::strerror(errno)};
  flock(lock.get(), LOCK_EX);
  warn_of_what_is_left_out(config, messages);
  auto lines = host_requirements(config);
  auto with = choose_maker(config, messages);
  auto inputs = with.uv + "\n" + with.python + "\n" + with.version + "\n" + tool.packages + "\n";
  for (auto& line : lines)
    inputs += line + "\n";
  auto stamp = venv / "inputs.txt";
  if (!fs::exists(stamp) || read_text(stamp) != inputs) {
    messages.info("Making the Python environment " + venv.string() + " from " + config.file + "...");
    make(venv, with, lines, tool);
    write_text(stamp, inputs);
  }
  return venv.string();
}

}   // namespace cog
