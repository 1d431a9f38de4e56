#pragma once
#include "cli/config/cog_yaml.hpp"
#include "cli/doctor/report.hpp"
#include "cli/session.hpp"
#include <string>
#include <vector>

namespace cog {

/// A key of cog.yaml that names a file and what is in it.
struct model_place {
  std::string field;   // run, predict or train
  std::string value;
  int line = 1;
};

/// What the checks look at.
struct doctor_subject {
  std::string folder;
  std::string file;
  std::vector<model_place> references;
  std::string python_version;
  bool gpu = false;
  std::string torch;                        // version asked for; empty: none
  std::string cuda;                         // of cog.yaml; empty: none
  std::optional<project_config> config{};   // if it is valid
};

/// The group Config, without what needs Python's grammar; fills in the subject as far as cog.yaml can be read.
std::vector<check_result> check_config(doctor_subject& subject, const console& messages);

/// What needs Python's grammar, mended if `fix` says so; in the order of the report.
std::vector<check_result> check_sources(const doctor_subject& subject, bool fix, const session& common);

/// The group Build: what `cog build` would refuse, of the image and of the model's schema. Nothing when cog.yaml is not
/// valid.
std::vector<check_result> check_build(const std::string& file, const doctor_subject& subject, const session& common);

/// The group Environment.
std::vector<check_result> check_environment(const doctor_subject& subject);

}   // namespace cog
