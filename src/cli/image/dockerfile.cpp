#include "cli/image/dockerfile.hpp"
#include "cli/config/words.hpp"
#include "cli/image/shell_line.hpp"
#include "json/json_text.hpp"
#include <algorithm>
#include <cctype>

namespace cog {

namespace {

constexpr const char* pip = "python -m pip";
constexpr const char* library_path =
  "ENV LD_LIBRARY_PATH=$LD_LIBRARY_PATH:/usr/lib/x86_64-linux-gnu:"
  "/usr/local/nvidia/lib64:/usr/local/nvidia/bin";
/// Writes the byte code of what a worker imports beside its sources: Python's own images come without.
constexpr const char* first_import = "python -c 'import asyncio, cog._worker.entry'";
constexpr const char* apt_cache = "type=cache,target=/var/cache/apt,sharing=locked";
constexpr const char* strict_shell = R"(SHELL ["/bin/bash", "-o", "pipefail", "-c"])";
/// The command comes as $0.
constexpr const char* strict_shell_if_there =
  R"(SHELL ["/bin/sh", "-c", "if command -v bash >/dev/null; then exec bash -o pipefail -c \"$0\"; fi; exec sh -c \"$0\""])";
constexpr const char* plain_shell = R"(SHELL ["/bin/sh", "-c"])";
constexpr size_t label_part = 8000;
constexpr const char* stripping = "/mnt";   // a folder that images have, so that no mount point is left behind
constexpr const char* bundle = "/etc/ssl/certs/ca-certificates.crt";

/// A path that a Dockerfile takes for nothing but itself.
std::string literal(const std::string& path, bool pattern) {
  std::string text;
  for (char c : path)
    if (pattern && (c == '*' || c == '?' || c == '['))
      text += std::string{'['} + c + ']';
    else
      text += c == '$' ? "\\$" : std::string{c};
  return text;
}

/// A copy instruction; paths with spaces or quotes need its other form.
std::string copy(const std::string& options, const std::string& source, const std::string& target) {
  auto from = literal(source, true);
  auto to = literal(target, false);
  if (from.find_first_of(" \"\\") == std::string::npos)
    return "COPY " + options + from + " " + to;
  std::string list = "[";
  append_json_string(list, from);
  list += ", ";
  append_json_string(list, to);
  return "COPY " + options + list + "]";
}

/// Files of other versions of Python, which packages carry along, cannot be compiled and stay as they are.
std::string compile(const std::string& folders) {
  return "RUN python -m compileall -qq -j 0 " + folders + " || true";
}

/// Libraries in the folders `*.libs` were moved by the makers of wheels in a way that strip does not survive.
std::string strip_libraries() {
  auto tool = std::string{stripping};
  return R"x( && { find "$(python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')" -type f)x"
         " -name '*.so*' ! -path '*.libs/*' -exec env LD_LIBRARY_PATH=" +
    tool + "/usr/lib/x86_64-linux-gnu " + tool +
    "/usr/bin/strip --strip-debug {} + || echo 'some libraries were not stripped'; }";
}

/// As it is, without anything that a Dockerfile would replace.
std::string within_quotes(const std::string& value) {
  std::string text = "\"";
  for (char c : value)
    text += c == '"' || c == '\\' || c == '$' ? std::string{'\\', c} : std::string{c};
  return text + "\"";
}

class dockerfile_writer {
public:
  /// `explained`: with what stands in the file of requirements.
  dockerfile_writer(const image_plan& plan, bool explained) : plan_{plan}, explained_{explained} {}

  std::string environment() {
    from();
    certificate();
    base_packages();
    variables();
    system_packages();
    tools();
    python_packages();
    steps();
    weights();
    wheel();
    if (plan_.precompile)
      line(compile("$(python -c 'import sys; print(*filter(None, sys.path))')"));
    start();
    return std::move(text_);
  }

private:
  void line(const std::string& text) { text_ += text + "\n"; }

  bool strips() const { return plan_.strip && !plan_.requirements.empty(); }

  /// `RUN`, with a mount where BuildKit makes the image.
  void run(const std::string& mount, const std::string& command) {
    line("RUN " + (plan_.buildkit && !mount.empty() ? "--mount=" + mount + " " : "") + command);
  }

  static std::string apt_command(const std::vector<std::string>& packages, const std::string& options) {
    return "apt-get update -qq && apt-get install -qqy " + options + joined(packages, " ") +
      " && rm -rf /var/lib/apt/lists/*";
  }

  void apt_install(const std::vector<std::string>& packages, const std::string& options) {
    run(apt_cache, apt_command(packages, options));
  }

  void from() {
    if (plan_.python)
      line("FROM " + plan_.python->image + " AS python");
    if (strips()) {
      line("FROM " + plan_.base + " AS strip_tool");
      line("RUN command -v strip || (apt-get update -qq && apt-get install -qqy --no-install-recommends binutils)");
    }
    line("FROM " + plan_.base);
    if (plan_.foreign_base || plan_.python)
      line("ENTRYPOINT []");
    // Of the build alone, unlike ENV: apt and pip ask nothing, and pip installs beside a distribution's packages.
    for (auto* setting : {"DEBIAN_FRONTEND=noninteractive", "PIP_BREAK_SYSTEM_PACKAGES=1",
                          "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore"})
      line(std::string{"ARG "} + setting);
    line("ENV PYTHONUNBUFFERED=1");
    if (!plan_.gpu.cuda.empty()) {
      line(library_path);
      line("ENV NVIDIA_DRIVER_CAPABILITIES=all");
    }
  }

  void certificate() {
    if (!plan_.certificate)
      return;
    line("COPY cog-ca-cert.crt /usr/local/share/ca-certificates/cog-ca-cert.crt");
    line(std::string{"RUN mkdir -p /etc/ssl/certs && (! command -v update-ca-certificates || update-ca-certificates) "
                     "&& cat /usr/local/share/ca-certificates/cog-ca-cert.crt >> "} +
         bundle);
    line(std::string{"ENV SSL_CERT_FILE="} + bundle + " REQUESTS_CA_BUNDLE=" + bundle);
  }

  void base_packages() {
    if (plan_.python) {
      apt_install(plan_.python->packages, "--no-install-recommends ");
      line("COPY --from=python /usr/local /usr/local");
      line("ENV LANG=C.UTF-8");
      line("RUN ldconfig");
    } else if (plan_.foreign_base) {
      line("RUN command -v python >/dev/null || ln -s \"$(command -v python3)\" /usr/local/bin/python");
    }
  }

  static std::string quoted(const std::string& value) {
    auto plain = [](unsigned char c) {
      return std::isalnum(c) != 0 ||
        std::string_view{"_-./:,=+@%$"}.find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (!value.empty() && std::all_of(value.begin(), value.end(), plain))
      return value;
    std::string text = "\"";
    for (char c : value)
      text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return text + "\"";
  }

  void variables() {
    if (plan_.environment.empty())
      return;
    std::string all = "ENV";
    for (auto& [name, value] : plan_.environment)
      all += " " + name + "=" + quoted(value);
    line(all);
  }

  void system_packages() {
    if (!plan_.system_packages.empty())
      apt_install(plan_.system_packages, "");
  }

  /// A base of which nothing is known may have other means than apt.
  void tools() {
    if (plan_.tools.empty())
      return;
    std::vector<std::string> probes;
    std::vector<std::string> packages;
    for (auto& tool : plan_.tools) {
      probes.push_back(tool.probe);
      for (auto& package : tool.packages)
        if (std::find(packages.begin(), packages.end(), package) == packages.end())
          packages.push_back(package);
    }
    auto install = apt_command(packages, "--no-install-recommends ");
    if (plan_.foreign_base)
      install = "{ " + joined(probes, " && ") + "; } || ! command -v apt-get >/dev/null || (" + install + ")";
    run(apt_cache, install);
  }

  void python_packages() {
    if (plan_.requirements.empty())
      return;
    if (!plan_.artifacts.empty())
      line(std::string{"COPY local_package_artifacts "} + artifact_folder);
    if (explained_) {
      line("# requirements.txt, as pip is given it:");
      for (auto& one : plan_.requirements)
        line("#   " + one);
    }
    line("COPY requirements.txt /tmp/requirements.txt");
    auto options = plan_.buildkit ? "--cache-dir /root/.cache/pip" : "--no-cache-dir";
    auto mounts = std::string{"type=cache,target=/root/.cache/pip"};
    if (strips())
      mounts += std::string{" --mount=type=bind,from=strip_tool,target="} + stripping;
    run(mounts,
        std::string{pip} + " install " + options + " -r /tmp/requirements.txt && " + pip + " uninstall -qy cog coglet" +
          (strips() ? strip_libraries() : ""));
  }

  /// In a pipe any command may fail, not only the last one.
  void steps() {
    auto has_pipe = std::any_of(plan_.steps.begin(), plan_.steps.end(), [](auto& step) { return pipes(step); });
    if (has_pipe)
      line(plan_.foreign_base ? strict_shell_if_there : strict_shell);
    for (auto& step : plan_.steps) {
      std::string mounts;
      for (auto& mount : step.mounts)
        mounts += "--mount=type=secret,id=" + mount.id + ",target=" + mount.target + " ";
      auto commands = shell_commands(step.command);
      line("RUN " + mounts + (has_pipe && may_break_pipe(commands) ? "set +o pipefail; " : "") + step.command);
    }
    if (has_pipe)
      line(plain_shell);
  }

  static bool pipes(const run_step& step) {
    auto commands = shell_commands(step.command);
    return std::any_of(commands.begin(), commands.end(), [](auto& one) { return one.reads_pipe; }) &&
      !may_break_pipe(commands);
  }

  void weights() {
    for (auto& path : plan_.weights)
      line(copy("--from=" + plan_.weights_image + " ", "/src/" + path, "/src/" + path));
  }

  void wheel() {
    auto place = "/tmp/" + plan_.wheel;
    if (!plan_.buildkit)
      line("COPY " + plan_.wheel + " " + place);
    run("type=bind,source=" + plan_.wheel + ",target=" + place,
        std::string{pip} + " install --no-index --no-deps --no-cache-dir " + place + " && " + first_import);
  }

  void start() {
    line("WORKDIR /src");
    line("EXPOSE 5000");
    if (!plan_.run.empty())
      line("ENV COG_PREDICT_TYPE_STUB=\"" + plan_.run + "\"");
    if (!plan_.train.empty())
      line("ENV COG_TRAIN_TYPE_STUB=\"" + plan_.train + "\"");
    if (plan_.max_concurrency)
      line("ENV COG_MAX_CONCURRENCY=" + std::to_string(*plan_.max_concurrency));
    line(R"(CMD ["python", "-m", "cog.server.http"])");
  }

  const image_plan& plan_;
  bool explained_;
  std::string text_;
};

}   // namespace

std::string environment_dockerfile(const image_plan& plan) {
  return dockerfile_writer{plan, false}.environment();
}

std::string source_instructions(const image_plan& plan) {
  std::string text = "COPY . /src\n";
  if (plan.config_file != "cog.yaml")
    text += copy("", plan.config_file, "/src/cog.yaml") + "\n";
  if (plan.precompile)
    text += compile("/src") + "\n";
  return text;
}

std::string label_instructions(const std::string& name, const std::string& value) {
  auto begins_letter = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  std::string parts, all;
  for (size_t from = 0, number = 0; from < value.size(); ++number) {
    auto to = std::min(from + label_part, value.size());
    while (to < value.size() && !begins_letter(value[to]))
      ++to;
    auto part = "LABEL_" + std::to_string(number);
    parts += "ARG " + part + "=" + within_quotes(value.substr(from, to - from)) + "\n";
    all += "${" + part + "}";
    from = to;
  }
  return parts + "LABEL " + name + "=\"" + all + "\"\n";
}

std::string shown_dockerfile(const image_plan& plan) {
  return dockerfile_writer{plan, true}.environment() + source_instructions(plan);
}

std::string weights_dockerfile(const std::vector<std::string>& weights) {
  std::string text = "FROM scratch\n";
  for (auto& path : weights)
    text += copy("", path, "/src/" + path) + "\n";
  return text;
}

}   // namespace cog
