#include "cli/config/words.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/engine/process.hpp"
#include "cli/image/versions.hpp"
#include <array>
#include <cstdlib>
#include <sstream>

namespace cog {

namespace {

bool is_set(const char* name) {
  auto* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

check_result check_docker() {
  check_result check{"Environment", "Docker", severity::error};
  if (is_set("COG_SKIP_DOCKER_CHECK"))
    return check;
  std::string remediation = "Install and start Docker, or use cog serve --engine host";
  if (find_in_path("docker").empty()) {
    check.findings.push_back({"", "no docker command on PATH", remediation});
    return check;
  }
  auto done = run_captured({{"timeout", "5", "docker", "info"}});
  if (done.status != 0)
    check.findings.push_back({"", "Docker is not running: " + trimmed(done.err), remediation});
  return check;
}

check_result check_python(const doctor_subject& subject) {
  check_result check{"Environment", "Python version", severity::warning};
  auto program = find_in_path("python3").empty() ? "python" : "python3";
  if (find_in_path(program).empty()) {
    check.findings.push_back({"", "no python on PATH", "Install Python " + subject.python_version});
    return check;
  }
  auto done = run_captured({{program, "--version"}});
  auto version = major_minor(trimmed(done.out).substr(std::min<size_t>(done.out.size(), 7)));
  if (subject.config && !subject.python_version.empty() && version != major_minor(subject.python_version))
    check.findings.push_back({"",
                              "local Python is " + version + ", " + subject.file + " says " + subject.python_version +
                                "; the container uses " + subject.python_version,
                              "Install Python " + subject.python_version + " if you run the model without Docker"});
  return check;
}

struct gpu_need {
  double capability;
  const char* torch;
  const char* cuda;
};

/// From these compute capabilities on, older builds have no kernels.
constexpr std::array<gpu_need, 3> gpu_needs{{{12.0, "2.7.0", "12.8"}, {10.0, "2.7.0", "12.8"}, {9.0, "2.0.1", "11.8"}}};

check_result check_gpu(const doctor_subject& subject) {
  check_result check{"Environment", "GPU compatibility", severity::warning};
  if (is_set("COG_SKIP_GPU_CHECK") || !subject.gpu || find_in_path("nvidia-smi").empty())
    return check;
  auto done = run_captured({{"nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader"}});
  std::istringstream lines{done.out};
  for (std::string line; std::getline(lines, line);) {
    auto at = line.rfind(',');
    auto capability = at == std::string::npos ? 0 : std::atof(line.c_str() + at + 1);
    for (auto& need : gpu_needs) {
      if (capability < need.capability)
        continue;
      auto torch = !subject.torch.empty() && compare_versions(subject.torch, need.torch) < 0;
      auto cuda = !subject.cuda.empty() && compare_versions(subject.cuda, need.cuda) < 0;
      if (torch || cuda)
        check.findings.push_back({subject.file,
                                  (torch ? "torch " + subject.torch : "CUDA " + subject.cuda) + " has no kernels for " +
                                    line.substr(0, at) + ", which needs torch >= " + need.torch +
                                    " and CUDA >= " + need.cuda,
                                  std::string{"Use torch "} + need.torch + " or later"});
      break;
    }
  }
  return check;
}

}   // namespace

std::vector<check_result> check_environment(const doctor_subject& subject) {
  return {check_docker(), check_python(subject), check_gpu(subject)};
}

}   // namespace cog
