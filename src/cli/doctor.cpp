#include "cli/commands.hpp"
#include "cli/doctor/checks.hpp"
#include <filesystem>
#include <memory>

namespace cog {

namespace {

struct doctor_flags {
  std::string file = "cog.yaml";
  bool fix = false;
  bool json = false;
};

/// The folder of the project: the nearest that has the file, else the working directory.
std::string project_folder(const std::string& file) {
  auto start = std::filesystem::current_path();
  for (auto folder = start;; folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / file))
      return folder.string();
    if (folder == folder.parent_path())
      return start.string();
  }
}

int examine(const doctor_flags& flags, const session& common) {
  if (!flags.json)
    common.messages.warn("\"cog doctor\" is experimental: its checks and its output may change");
  doctor_subject subject;
  subject.folder = project_folder(flags.file);
  subject.file = flags.file;
  auto config = check_config(subject, common.messages);
  auto sources = check_sources(subject, flags.fix, common);
  std::vector<check_result> all{config[0], config[1], sources[0], config[2], config[3], config[4], sources[1]};
  all.insert(all.end(), sources.begin() + 2, sources.end());
  if (flags.fix) {   // which may have changed cog.yaml
    doctor_subject mended;
    mended.folder = subject.folder;
    mended.file = subject.file;
    check_config(mended, common.messages);
    subject.config = mended.config;
  }
  for (auto& check : check_build(flags.file, subject, common))
    all.push_back(check);
  for (auto& check : check_environment(subject))
    all.push_back(check);
  return flags.json ? print_json_report(all, flags.fix) : print_report(all, flags.fix, common.messages);
}

}   // namespace

void add_doctor(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("doctor", "Check the project for common problems (experimental)");
  auto flags = std::make_shared<doctor_flags>();
  command->add_option("-f,--file", flags->file, "The name of the config file")->capture_default_str();
  command->add_flag("--fix", flags->fix, "Mend what can be mended");
  command->add_flag("--json", flags->json, "Print the report as JSON on standard output");
  command->callback([flags, &common] {
    if (auto code = examine(*flags, common); code != 0)
      throw silent_exit{code};
  });
}

}   // namespace cog
