// SPDX-License-Identifier: Apache-2.0
#include "torchscript_network.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/version.h>

#include <algorithm>
#include <mutex>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

/// The first line of LibTorch's words that says something; the rest is its own call stack.
std::string reason_of(const std::exception& error) {
  std::string text = error.what();
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error))
    text = torch_error->what_without_backtrace();
  std::vector<std::string> said;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.find("Traceback") == std::string::npos) said.push_back(line);
  return said.empty() ? "no word on why" : said.back();
}

void collect(const c10::IValue& value,
             const std::string& path,
             std::vector<NetworkOutput>& outputs) {
  const auto below = [&](const std::string& name) {
    return path.empty() ? name : path + "." + name;
  };
  if (value.isTensor()) {
    const at::Tensor numbers = value.toTensor().detach().to(at::kCPU, at::kFloat).contiguous();
    NetworkOutput& output = outputs.emplace_back();
    output.name = path.empty() ? "0" : path;
    output.shape = numbers.sizes().vec();
    output.values.assign(numbers.data_ptr<float>(), numbers.data_ptr<float>() + numbers.numel());
  } else if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    for (std::size_t i = 0; i < elements.size(); ++i)
      collect(elements[i], below(std::to_string(i)), outputs);
  } else if (value.isList()) {
    const auto list = value.toListRef();
    for (std::size_t i = 0; i < list.size(); ++i)
      collect(list[i], below(std::to_string(i)), outputs);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict())
      collect(
          entry.value(), below(entry.key().isString() ? entry.key().toStringRef() : "?"), outputs);
  }
}

class TorchScriptNetwork final : public Network {
 public:
  TorchScriptNetwork(std::string file, std::vector<std::string> outputs, TorchScriptInput takes)
      : file_(std::move(file)), names_(std::move(outputs)), takes_(takes) {
    check_model_file(file_);
    try {
      module_ = torch::jit::load(file_, at::kCPU);
      module_.eval();
    } catch (const std::exception& error) {
      throw UserError(
          fmt::format("'{}' is no TorchScript file that LibTorch {} reads ({}); write it with "
                      "torch.jit.save, by a PyTorch that is "
                      "not newer",
                      file_,
                      TORCH_VERSION,
                      reason_of(error)));
    }
  }

  std::vector<NetworkOutput> run(const NetworkInput& input) const override {
    const at::NoGradGuard no_gradient;
    const at::Tensor picture = at::from_blob(
        const_cast<float*>(input.values.data()), {3, input.height, input.width}, at::kFloat);
    std::vector<NetworkOutput> found;
    try {
      // Its profiling executor keeps state, which one thread at a time may change.
      const std::lock_guard lock(mutex_);
      collect(module_.forward({given(picture)}), "", found);
    } catch (const std::exception& error) {
      throw UserError(fmt::format("'{}' cannot be run on a picture of {}x{} pixels: {}",
                                  file_,
                                  input.width,
                                  input.height,
                                  reason_of(error)));
    }
    std::vector<NetworkOutput> outputs = names_.empty() ? std::move(found) : chosen(found);
    for (const NetworkOutput& output : outputs) check_finite(file_, output);
    return outputs;
  }

  const std::string& file() const override { return file_; }

 private:
  c10::IValue given(const at::Tensor& picture) const {
    if (takes_ == TorchScriptInput::batch) return picture.unsqueeze(0);
    if (takes_ == TorchScriptInput::picture) return picture;
    return c10::List<at::Tensor>({picture});
  }

  std::vector<NetworkOutput> chosen(std::vector<NetworkOutput>& found) const {
    std::vector<std::string> known;
    for (const NetworkOutput& output : found)
      known.push_back(output.name + " " + describe_shape(output.shape));
    std::vector<NetworkOutput> outputs;
    for (const std::string& name : names_) {
      const auto matches = [&](const NetworkOutput& output) {
        return output.name == name || output.name.ends_with("." + name);
      };
      const auto first = std::find_if(found.begin(), found.end(), matches);
      if (first == found.end())
        throw UserError(fmt::format("'{}' returns no '{}'; it returns {}",
                                    file_,
                                    name,
                                    known.empty() ? "no tensor" : join(known, ", ")));
      outputs.push_back(*first);
    }
    return outputs;
  }

  std::string file_;
  std::vector<std::string> names_;
  TorchScriptInput takes_;
  mutable std::mutex mutex_;
  mutable torch::jit::Module module_;
};

}  // namespace

TorchScriptInput torchscript_input(const Parameters& parameters) {
  const std::string& takes = parameters.text("input_as");
  return takes == "batch"     ? TorchScriptInput::batch
         : takes == "picture" ? TorchScriptInput::picture
                              : TorchScriptInput::list;
}

std::unique_ptr<Network> open_torchscript_network(const std::string& file,
                                                  const std::vector<std::string>& outputs,
                                                  TorchScriptInput takes) {
  return std::make_unique<TorchScriptNetwork>(file, outputs, takes);
}

}  // namespace monodr
