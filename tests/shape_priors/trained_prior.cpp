// SPDX-License-Identifier: Apache-2.0
#include "shape_priors/trained_prior.h"

#include <cstdlib>

#include "base/error.h"
#include "base/parameters_json.h"
#include "common/network.h"
#include "corpus/parametric_car.h"
#include "plugin/prior_file.h"

namespace monodr::test {

Registry& registry() {
  static Registry instance = [] {
    const char* folder = std::getenv("MONODR_BINARY_DIR");
    MONODR_CHECK(folder != nullptr, "run this test through ctest, or set MONODR_BINARY_DIR");
    return Registry({std::string(folder) + "/plugins"});
  }();
  return instance;
}

Given quick() {
  return {{"template_grid", std::int64_t{10}},
          {"relaxations", std::int64_t{1}},
          {"steps", std::int64_t{300}}};
}

namespace {

Parameters parameters_of(const Given& given) {
  std::map<std::string, GivenValue> values;
  for (const auto& [name, value] : given) values[name] = {value, {}, {}};
  const auto& info = registry().find(PluginKind::shape_prior, "mesh_autoencoder").info;
  return Parameters(info.parameters, values, "shape_prior");
}

}  // namespace

std::unique_ptr<ShapePrior> mesh_autoencoder(const Given& given) {
  return registry().make<ShapePrior>("mesh_autoencoder", parameters_of(given));
}

const std::vector<CorpusItem>& training_cars() {
  static const std::vector<CorpusItem> cars = training_corpus(40, 1);
  return cars;
}

const std::vector<CorpusItem>& unseen_cars() {
  static const std::vector<CorpusItem> cars = training_corpus(8, 2);
  return cars;
}

at::Tensor normal_codes(int rows, int columns, std::uint64_t seed) {
  Random random(seed, "codes", 0);
  return shape_priors::normal_numbers({rows, columns}, 1, random);
}

const ShapePrior& trained_prior() {
  static const std::unique_ptr<ShapePrior> prior = [] {
    auto made = mesh_autoencoder();
    made->train(training_cars(), {});
    return made;
  }();
  return *prior;
}

void save_trained_prior(const std::string& path) {
  const PluginInfo& info = registry().find(PluginKind::shape_prior, "mesh_autoencoder").info;
  write_prior_file(path,
                   {info.name, info.version, to_json(parameters_of(quick())), {}, 0, 0, {}},
                   trained_prior().state());
}

}  // namespace monodr::test
