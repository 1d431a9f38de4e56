#pragma once
#include <string>
#include <vector>

namespace cog {

/// An image `nvidia/cuda:<tag>`.
struct cuda_image {
  std::string tag;
  std::string cuda;     // 12.4.1
  std::string cudnn;    // major version
  std::string ubuntu;   // 22.04
};

/// A build of PyTorch.
struct torch_release {
  std::string torch;
  std::string torchvision;
  std::string torchaudio;
  std::string cuda;    // 12.4; empty: for the CPU
  std::string index;   // of packages; empty: PyPI
  std::vector<std::string> pythons;
};

struct tensorflow_release {
  std::string tensorflow;
  std::string cuda;
  std::string cudnn;
  std::vector<std::string> pythons;
};

/// How Python comes to an Ubuntu.
struct python_for_ubuntu {
  std::string ubuntu;
  std::string image;                // python:<version>-<image> runs on it
  std::vector<std::string> first;   // 3.11.4: earlier patch releases of 3.11 have no such image
  std::string last;                 // minor release; empty: all have one
  std::vector<std::string> packages;
};

struct compatibility_tables {
  std::vector<cuda_image> cuda_images;
  std::vector<torch_release> torch;
  std::vector<tensorflow_release> tensorflow;
  std::vector<python_for_ubuntu> ubuntu_python;
};

/// The files in data/, which are part of the program.
const compatibility_tables& compatibility();

}   // namespace cog
