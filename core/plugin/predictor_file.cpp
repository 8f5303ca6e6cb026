// SPDX-License-Identifier: Apache-2.0
#include "plugin/predictor_file.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/parameters_json.h"
#include "base/text.h"
#include "plugin/tensor_file.h"

namespace monodr {
namespace {

using nlohmann::json;

const TensorFileKind kPredictorFile{
    "monodr predictor 1", "trained predictor", "runexp train", "train the predictor again"};

json number_or_null(double value) {
  return std::isfinite(value) ? json(value) : json();
}

double number_of(const json& value) {
  return value.is_null() ? std::nan("") : value.get<double>();
}

PredictorRecord record_of(const json& header) {
  PredictorRecord record;
  record.plugin = header.at("plugin");
  record.version = header.at("version");
  record.parameters = header.at("parameters");
  record.layout.proposals = header.at("layout").at(0);
  record.layout.shape_dimensions = header.at("layout").at(1);
  record.layout.texture_dimensions = header.at("layout").at(2);
  record.training = header.at("training");
  record.seed = header.at("seed");
  record.seconds = header.at("seconds");
  for (const json& point : header.at("curve"))
    record.curve.push_back({point.at(0), number_of(point.at(1)), number_of(point.at(2))});
  return record;
}

std::string major(const std::string& version) {
  return version.substr(0, version.find('.'));
}

}  // namespace

void write_predictor_file(const std::string& path,
                          const PredictorRecord& record,
                          const TensorTable& table) {
  json curve = json::array();
  for (const auto& point : record.curve)
    curve.push_back(
        {point.epoch, number_or_null(point.training), number_or_null(point.validation)});
  const PredictorLayout& layout = record.layout;
  write_tensor_file(
      path,
      kPredictorFile,
      {{"plugin", record.plugin},
       {"version", record.version},
       {"parameters", record.parameters},
       {"layout", {layout.proposals, layout.shape_dimensions, layout.texture_dimensions}},
       {"training", record.training},
       {"seed", record.seed},
       {"seconds", record.seconds},
       {"curve", curve}},
      table);
}

PredictorFile read_predictor_file(const std::string& path) {
  TensorFile file = read_tensor_file(path, kPredictorFile);
  try {
    return {record_of(file.header), std::move(file.arrays)};
  } catch (const json::exception& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

PredictorRecord read_predictor_record(const std::string& path) {
  try {
    return record_of(read_tensor_header(path, kPredictorFile));
  } catch (const json::exception& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

std::unique_ptr<Predictor> load_predictor(const std::string& path, Registry& registry) {
  const PredictorFile file = read_predictor_file(path);
  const PluginInfo& info = registry.find(PluginKind::predictor, file.record.plugin).info;
  if (major(info.version) != major(file.record.version))
    throw UserError(
        fmt::format("'{}' was written by version {} of the predictor {}, but version {} is "
                    "installed; train it again",
                    path,
                    file.record.version,
                    file.record.plugin,
                    info.version));
  try {
    auto predictor = registry.make<Predictor>(
        file.record.plugin,
        parameters_from_json(info.parameters, file.record.parameters, "predictor." + info.name));
    predictor->begin(file.record.layout, file.record.seed);
    restore_weights(*predictor, file.table);
    return predictor;
  } catch (const UserError& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

void restore_weights(const Predictor& predictor, const TensorTable& table) {
  const at::NoGradGuard no_gradient;
  for (auto& [name, weights] : predictor.weights())
    weights.copy_(take_array(table, name, weights.sizes()));
}

}  // namespace monodr
