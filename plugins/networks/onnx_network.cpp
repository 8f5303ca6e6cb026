// SPDX-License-Identifier: Apache-2.0
#include "onnx_network.h"

#include <algorithm>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "base/error.h"
#include "base/text.h"
#include "onnx_file.h"

namespace monodr {
namespace {

/// The last line of what OpenCV says that is of the network and not of its own files.
std::string reason_of(const cv::Exception& error) {
  std::string text = error.err;
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class OnnxNetwork final : public Network {
 public:
  OnnxNetwork(std::string file, std::vector<std::string> outputs)
      : file_(std::move(file)), described_(read_onnx_file(file_)), names_(std::move(outputs)) {
    std::vector<std::string> known;
    for (const OnnxValue& value : described_.outputs) known.push_back(value.name);
    for (const std::string& name : names_)
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw UserError(fmt::format("'{}' has no output '{}'{}\n  it has {}",
                                    file_,
                                    name,
                                    did_you_mean(name, known),
                                    described_.describe()));
    if (names_.empty()) names_ = known;
    if (described_.inputs.size() != 1)
      throw UserError(
          fmt::format("'{}' has {} inputs, but a picture is all that it can be given; it has {}",
                      file_,
                      described_.inputs.size(),
                      described_.describe()));
    put_back(open());
  }

  std::vector<NetworkOutput> run(const NetworkInput& input) const override {
    check_input(input);
    std::unique_ptr<cv::dnn::Net> net = take();
    const int shape[] = {1, 3, input.height, input.width};
    const cv::Mat blob(4, shape, CV_32F, const_cast<float*>(input.values.data()));
    std::vector<NetworkOutput> outputs;
    try {
      net->setInput(blob);
      std::vector<cv::Mat> found;
      net->forward(found, names_);
      for (std::size_t i = 0; i < names_.size(); ++i)
        outputs.push_back(copied(names_[i], found[i]));
    } catch (const cv::Exception& error) {
      throw UserError(
          fmt::format("'{}' cannot be run on a picture of {}x{} pixels ({}); it has {}. Are "
                      "'width' and 'height' those it was "
                      "exported with?",
                      file_,
                      input.width,
                      input.height,
                      reason_of(error),
                      described_.describe()));
    }
    put_back(std::move(net));
    for (const NetworkOutput& output : outputs) check_finite(file_, output);
    return outputs;
  }

  const std::string& file() const override { return file_; }

 private:
  void check_input(const NetworkInput& input) const {
    const std::vector<std::int64_t>& shape = described_.inputs.front().shape;
    const std::vector<std::int64_t> given{1, 3, input.height, input.width};
    bool fits = shape.size() == given.size();
    for (std::size_t i = 0; fits && i < given.size(); ++i)
      fits = shape[i] < 1 || shape[i] == given[i];
    if (fits || shape.empty()) return;
    throw UserError(
        fmt::format("the input of '{}' is {} {}, but the parameters make {}; set 'width' and "
                    "'height' to the network's",
                    file_,
                    described_.inputs.front().name,
                    describe_shape(shape),
                    describe_shape(given)));
  }

  std::unique_ptr<cv::dnn::Net> open() const {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    try {
      auto net = std::make_unique<cv::dnn::Net>(cv::dnn::readNetFromONNX(file_));
      net->setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
      net->setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
      return net;
    } catch (const cv::Exception& error) {
      throw UserError(
          fmt::format("OpenCV {} cannot read the network '{}' ({}); it has {}. Export it with "
                      "opset 11 to 13 and 32-bit weights, "
                      "simplified, or as TorchScript for plugin = \"torchscript\"",
                      CV_VERSION,
                      file_,
                      reason_of(error),
                      described_.describe()));
    }
  }

  static NetworkOutput copied(const std::string& name, const cv::Mat& found) {
    NetworkOutput output;
    output.name = name;
    for (int i = 0; i < found.dims; ++i) output.shape.push_back(found.size[i]);
    cv::Mat numbers;
    found.convertTo(numbers, CV_32F);
    output.values.assign(numbers.ptr<float>(), numbers.ptr<float>() + numbers.total());
    return output;
  }

  // A cv::dnn::Net serves one thread at a time.
  std::unique_ptr<cv::dnn::Net> take() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto net = std::move(idle_.back());
        idle_.pop_back();
        return net;
      }
    }
    return open();
  }
  void put_back(std::unique_ptr<cv::dnn::Net> net) const {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(net));
  }

  std::string file_;
  OnnxFile described_;
  std::vector<std::string> names_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<cv::dnn::Net>> idle_;
};

}  // namespace

std::unique_ptr<Network> open_onnx_network(const std::string& file,
                                           const std::vector<std::string>& outputs) {
  return std::make_unique<OnnxNetwork>(file, outputs);
}

}  // namespace monodr
