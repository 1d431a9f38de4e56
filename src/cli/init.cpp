#include "cli/commands.hpp"
#include "cli/image/text_file.hpp"
#include <array>
#include <filesystem>

namespace cog {

namespace {

struct starter_file {
  const char* path;
  const char* content;
};

constexpr std::array<starter_file, 5> starter_files{{
  {".dockerignore", R"(# What is not copied into the image.
.git
.gitattributes
.github
.gitignore
.python-version
.mypy_cache
.pytest_cache
.ruff_cache
__pycache__
*.pyc
/venv
/.venv
)"},
  {".github/workflows/push.yaml", R"(name: Push to a registry

on:
  workflow_dispatch:
    inputs:
      model_name:
        description: "Name of the image, as in registry.example.com/your-name/your-model; empty: `image` of cog.yaml"

jobs:
  push:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      # The wheel of cog: its path in this repository, or its URL, in the variable COG_WHEEL of the repository's settings.
      - name: Install cog
        env:
          COG_WHEEL: ${{ vars.COG_WHEEL }}
        run: pip install --no-index "${COG_WHEEL:?set the repository's variable COG_WHEEL to the path or URL of the wheel of cog}"
      - name: Push
        env:
          MODEL_NAME: ${{ inputs.model_name }}
        run: cog push ${MODEL_NAME:+"$MODEL_NAME"}
)"},
  {"cog.yaml", R"(# How the model is built and run.

build:
  # Does the model need a GPU?
  gpu: false

  # Debian packages to install
  # system_packages:
  #   - "libgl1"
  #   - "libglib2.0-0"

  # Version of Python, as '3.13' or '3.13.1'
  python_version: "3.13"

  # Python packages to install
  python_requirements: requirements.txt

  # Commands to run after the packages have been installed
  # run:
  #   - "echo the environment is there"

# The class or function that runs predictions, as "file.py:Name"
run: "run.py:Runner"
)"},
  {"requirements.txt", R"(# Python packages of the model, one a line, each with its version:
#
# numpy==2.2.1
# torch==2.7.1
)"},
  {"run.py", R"(# What the model does: https://github.com/replicate/cog describes inputs and outputs.

from cog import BaseRunner, Input, Path


class Runner(BaseRunner):
    def setup(self) -> None:
        """Load the model into memory, so that many predictions can be made with it."""
        # self.model = torch.load("./weights.pth")

    def run(
        self,
        image: Path = Input(description="Grayscale input image"),
        scale: float = Input(description="Factor to scale the image by", ge=0, le=10, default=1.5),
    ) -> Path:
        """Run one prediction."""
        # processed_input = preprocess(image)
        # output = self.model(processed_input, scale)
        # return postprocess(output)
        return image
)"},
}};

void init(const console& messages) {
  messages.info("");
  messages.info("Setting up the current directory for use with Cog...");
  messages.info("");
  for (auto& [path, content] : starter_files) {
    if (std::filesystem::exists(std::filesystem::symlink_status(path))) {
      messages.info(std::string{"Skipped existing "} + path);
      continue;
    }
    messages.info(std::string{"Creating "} + path);
    write_text(path, content);
  }
  messages.info("");
  messages.success(
    "Done! The keys of cog.yaml are described at https://github.com/replicate/cog/blob/main/docs/yaml.md");
}

}   // namespace

void add_init(CLI::App& app, session& common) {
  auto* command = app.add_subcommand("init", "Set up the current directory for use with Cog");
  command->callback([&common] { init(common.messages); });
}

}   // namespace cog
