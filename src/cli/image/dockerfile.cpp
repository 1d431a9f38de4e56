#include "cli/image/dockerfile.hpp"
#include "cli/config/words.hpp"
#include "prediction/json_text.hpp"
#include <algorithm>
#include <cctype>

namespace cog {

namespace {

constexpr const char* pip = "python -m pip";
constexpr const char* library_path =
  "ENV LD_LIBRARY_PATH=$LD_LIBRARY_PATH:/usr/lib/x86_64-linux-gnu:"
  "/usr/local/nvidia/lib64:/usr/local/nvidia/bin";
constexpr const char* bundle = "/etc/ssl/certs/ca-certificates.crt";

/// A copy instruction; paths with spaces or quotes need its other form.
std::string copy(const std::string& options, const std::string& from, const std::string& to) {
  if (from.find_first_of(" \"\\") == std::string::npos)
    return "COPY " + options + from + " " + to;
  std::string list = "[";
  append_json_string(list, from);
  list += ", ";
  append_json_string(list, to);
  return "COPY " + options + list + "]";
}

class dockerfile_writer {
public:
  explicit dockerfile_writer(const image_plan& plan) : plan_{plan} {}

  std::string environment() {
    from();
    certificate();
    base_packages();
    variables();
    system_packages();
    python_packages();
    steps();
    weights();
    wheel();
    start();
    return std::move(text_);
  }

private:
  void line(const std::string& text) { text_ += text + "\n"; }

  /// `RUN`, with a mount where BuildKit makes the image.
  void run(const std::string& mount, const std::string& command) {
    line("RUN " + (plan_.buildkit && !mount.empty() ? "--mount=" + mount + " " : "") + command);
  }

  void apt_install(const std::vector<std::string>& packages, const std::string& options) {
    run("type=cache,target=/var/cache/apt,sharing=locked",
        "apt-get update -qq && apt-get install -qqy " + options + joined(packages, " ") +
          " && rm -rf /var/lib/apt/lists/*");
  }

  void from() {
    if (plan_.python)
      line("FROM " + plan_.python->image + " AS python");
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

  void python_packages() {
    if (plan_.requirements.empty())
      return;
    if (!plan_.artifacts.empty())
      line(std::string{"COPY local_package_artifacts "} + artifact_folder);
    line("COPY requirements.txt /tmp/requirements.txt");
    auto options = plan_.buildkit ? "--cache-dir /root/.cache/pip" : "--no-cache-dir";
    run("type=cache,target=/root/.cache/pip",
        std::string{pip} + " install " + options + " -r /tmp/requirements.txt && " + pip + " uninstall -qy cog coglet");
  }

  void steps() {
    for (auto& step : plan_.steps) {
      std::string mounts;
      for (auto& mount : step.mounts)
        mounts += "--mount=type=secret,id=" + mount.id + ",target=" + mount.target + " ";
      line("RUN " + mounts + step.command);
    }
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
        std::string{pip} + " install --no-index --no-deps --no-cache-dir " + place);
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
  std::string text_;
};

}   // namespace

std::string environment_dockerfile(const image_plan& plan) {
  return dockerfile_writer{plan}.environment();
}

std::string source_instructions(const image_plan& plan) {
  std::string text = "COPY . /src\n";
  if (plan.config_file != "cog.yaml")
    text += copy("", plan.config_file, "/src/cog.yaml") + "\n";
  return text;
}

std::string shown_dockerfile(const image_plan& plan) {
  return environment_dockerfile(plan) + source_instructions(plan);
}

std::string weights_dockerfile(const std::vector<std::string>& weights) {
  std::string text = "FROM scratch\n";
  for (auto& path : weights)
    text += copy("", path, "/src/" + path) + "\n";
  return text;
}

}   // namespace cog
