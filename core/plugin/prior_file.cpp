// SPDX-License-Identifier: Apache-2.0
#include "plugin/prior_file.h"

#include "base/parameters_json.h"
#include "base/text.h"
#include "plugin/tensor_file.h"

namespace monodr {
namespace {

using nlohmann::json;

const TensorFileKind kPriorFile{
    "monodr shape prior 2", "trained shape prior", "runexp prior train", "train the prior again"};

PriorRecord record_of(const json& header) {
  PriorRecord record;
  record.plugin = header.at("plugin");
  record.version = header.at("version");
  record.parameters = header.at("parameters");
  record.corpus = header.at("corpus");
  record.seed = header.at("seed");
  record.seconds = header.at("seconds");
  for (const json& point : header.at("curve")) record.curve.push_back({point.at(0), point.at(1)});
  return record;
}

std::string major(const std::string& version) {
  return version.substr(0, version.find('.'));
}

}  // namespace

void write_prior_file(const std::string& path,
                      const PriorRecord& record,
                      const TensorTable& state) {
  json curve = json::array();
  for (const auto& point : record.curve) curve.push_back({point.share, point.loss});
  write_tensor_file(path,
                    kPriorFile,
                    {{"plugin", record.plugin},
                     {"version", record.version},
                     {"parameters", record.parameters},
                     {"corpus", record.corpus},
                     {"seed", record.seed},
                     {"seconds", record.seconds},
                     {"curve", curve}},
                    state);
}

PriorFile read_prior_file(const std::string& path) {
  TensorFile file = read_tensor_file(path, kPriorFile);
  try {
    return {record_of(file.header), std::move(file.arrays)};
  } catch (const json::exception& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

PriorRecord read_prior_record(const std::string& path) {
  try {
    return record_of(read_tensor_header(path, kPriorFile));
  } catch (const json::exception& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

std::unique_ptr<ShapePrior> load_prior(const std::string& path, Registry& registry) {
  const PriorFile file = read_prior_file(path);
  const PluginInfo& info = registry.find(PluginKind::shape_prior, file.record.plugin).info;
  if (major(info.version) != major(file.record.version))
    throw UserError(
        fmt::format("'{}' was written by version {} of the shape prior {}, but version {} is "
                    "installed; train it again",
                    path,
                    file.record.version,
                    file.record.plugin,
                    info.version));
  try {
    auto prior = registry.make<ShapePrior>(
        file.record.plugin,
        parameters_from_json(info.parameters, file.record.parameters, "shape_prior." + info.name));
    prior->restore(file.state);
    return prior;
  } catch (const UserError& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

}  // namespace monodr
