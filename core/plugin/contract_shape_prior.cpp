// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "base/parameters_json.h"
#include "plugin/contract_meshes.h"
#include "plugin/contract_tools.h"
#include "plugin/decoded_mesh.h"
#include "plugin/prior_file.h"
#include "plugin/shape_prior.h"

namespace monodr {
namespace {

constexpr int kItems = 3, kCorpus = 12;
constexpr std::uint64_t kSeed = 5;

std::vector<CorpusItem> some_corpus() {
  std::vector<CorpusItem> corpus;
  for (int i = 0; i < kCorpus; ++i)
    corpus.push_back({fmt::format("shape {}", i),
                      superellipsoid(0.5 + 0.03 * i, 0.1 + 0.03 * ((5 * i) % kCorpus), 10, 16)});
  return corpus;
}

/// Removed with what is in it.
struct TemporaryFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("monodr_contract_{}", ::getpid());
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

struct Codes {
  at::Tensor shape, texture;
};

Codes some_codes(const ShapePrior& prior, at::ScalarType type, double size = 0.8) {
  return {uniform_numbers({kItems, prior.shape_dimensions()}, -size, size, 61).to(type),
          uniform_numbers({kItems, prior.texture_dimensions()}, -size, size, 62).to(type)};
}

std::vector<at::Tensor> all_outputs(const ShapePrior& prior, const Codes& codes) {
  const DecodedShape shape = prior.decode(codes.shape, codes.texture);
  return {shape.vertices,
          shape.faces,
          shape.colours,
          shape.surfels.positions,
          shape.surfels.normals,
          shape.surfels.radii,
          shape.surfels.colours,
          prior.log_prior(codes.shape, codes.texture)};
}
// Beside those that the codes have a gradient in.
constexpr int kFaces = 1;
const char* const kOutputs[] = {"vertices",
                                "faces",
                                "colours",
                                "surfels' positions",
                                "surfels' normals",
                                "surfels' radii",
                                "surfels' colours",
                                "log_prior"};

std::string wrong_mesh(const DecodedShape& shape, at::ScalarType type) {
  if (!shape.vertices.defined() || !shape.faces.defined() || !shape.colours.defined())
    return "decodes_to() says meshes, but vertices, faces or colours are undefined";
  const int64_t vertices = shape.vertices.dim() == 3 ? shape.vertices.size(1) : 0;
  if (shape.vertices.sizes() != at::IntArrayRef({kItems, vertices, 3}))
    return "vertices are not [N,V,3]";
  if (shape.colours.sizes() != at::IntArrayRef({kItems, vertices, 3}))
    return "colours are not [N,V,3]";
  const bool own_faces = shape.faces.dim() == 3 && shape.faces.size(0) == kItems;
  if ((shape.faces.dim() != 2 && !own_faces) || shape.faces.size(-1) != 3 ||
      shape.faces.scalar_type() != at::kLong)
    return "faces are neither [F,3] nor [N,F,3] int64";
  if (shape.faces.min().item<int64_t>() < (own_faces ? -1 : 0) ||
      shape.faces.max().item<int64_t>() >= vertices)
    return "a face names a vertex that does not exist";
  if (shape.vertices.scalar_type() != type || shape.colours.scalar_type() != type)
    return "the dtype is not that of the code";
  if (const auto error = not_finite("vertices", shape.vertices); !error.empty()) return error;
  if ((shape.colours < 0).any().item<bool>() || (shape.colours > 1).any().item<bool>())
    return "colours leave [0,1]";
  return "";
}

std::string wrong_surfels(const Surfels& surfels, at::ScalarType type) {
  if (!surfels.positions.defined() || !surfels.normals.defined() || !surfels.radii.defined())
    return "decodes_to() says surfels, but positions, normals or radii are undefined";
  const int64_t points = surfels.positions.dim() == 3 ? surfels.positions.size(1) : 0;
  if (surfels.positions.sizes() != at::IntArrayRef({kItems, points, 3}))
    return "the surfels' positions are not [N,P,3]";
  if (surfels.normals.sizes() != surfels.positions.sizes())
    return "the surfels' normals are not [N,P,3] as their positions are";
  if (surfels.radii.sizes() != at::IntArrayRef({kItems, points}))
    return "the surfels' radii are not [N,P]";
  for (const at::Tensor& tensor : {surfels.positions, surfels.normals, surfels.radii}) {
    if (tensor.scalar_type() != type) return "the dtype of the surfels is not that of the code";
    if (!not_finite("", tensor).empty()) return "the surfels are not finite";
  }
  if ((surfels.radii < 0).any().item<bool>()) return "a surfel's radius is negative";
  const at::Tensor length = surfels.normals.square().sum(2).sqrt();
  const double off = ((length - 1).abs() * surfels.radii.gt(0)).max().item<double>();
  if (off > 1e-4) return fmt::format("a surfel's normal has a length that is {:.3g} off 1", off);
  const double outside = (surfels.positions.abs() - 0.5).max().item<double>();
  if (outside > 0.02)
    return fmt::format("a surfel lies {:.3g} outside of the canonical box", outside);
  return "";
}

std::string wrong_output(const ShapePrior& prior, at::ScalarType type) {
  const Codes codes = some_codes(prior, type);
  const DecodedShape shape = prior.decode(codes.shape, codes.texture);
  const GeometryKinds kinds = prior.decodes_to();
  if (!kinds.meshes && !kinds.surfels) return "decodes_to() says neither meshes nor surfels";
  std::string error = kinds.meshes ? wrong_mesh(shape, type) : "";
  if (error.empty() && kinds.surfels) error = wrong_surfels(shape.surfels, type);
  if (!error.empty()) return error;
  const at::Tensor density = prior.log_prior(codes.shape, codes.texture);
  if (density.sizes() != at::IntArrayRef{kItems}) return "log_prior is not [N]";
  const at::Tensor start = prior.texture_from_paint(at::full({kItems, 3}, 0.4, type));
  if (start.sizes() != at::IntArrayRef({kItems, prior.texture_dimensions()}))
    return "texture_from_paint is not [N,T]";
  return not_finite("log_prior", density) + not_finite("texture_from_paint", start);
}

std::string not_canonical(const Mesh& mesh) {
  if (!is_watertight(mesh)) return "is not watertight";
  if (signed_volume(mesh) <= 0) return "is turned inside out";
  const MeshBounds box = bounds(mesh);
  const float off = std::max((box.low.array() + 0.5f).abs().maxCoeff(),
                             (box.high.array() - 0.5f).abs().maxCoeff());
  if (off > 0.02f) return fmt::format("misses the canonical box by {:.3g}", off);
  return "";
}

/// The mean shape and others must be closed bodies, oriented outward, in the canonical box.
std::string not_canonical(const ShapePrior& prior) {
  const DecodedShape mean = prior.decode(at::zeros({1, prior.shape_dimensions()}),
                                         at::zeros({1, prior.texture_dimensions()}));
  if (const auto error = not_canonical(mesh_of(mean, 0)); !error.empty())
    return "the mean shape " + error;
  const Codes codes = some_codes(prior, at::kFloat, 2);
  const DecodedShape others = prior.decode(codes.shape, codes.texture);
  for (int n = 0; n < kItems; ++n)
    if (const auto error = not_canonical(mesh_of(others, n)); !error.empty())
      return fmt::format("shape {} of codes in [-2,2] {}", n, error);
  return "";
}

std::string gradient_differs(const ShapePrior& prior) {
  const Codes codes = some_codes(prior, at::kDouble);
  const std::vector<NamedTensor> inputs = {{"shape code", codes.shape},
                                           {"texture code", codes.texture}};
  GradientTolerance tolerance;
  tolerance.largest_share_left_out = 0.05;  // colours may be clamped to [0,1]
  const std::vector<at::Tensor> there = all_outputs(prior, codes);
  for (int which = 0; which < int(there.size()); ++which) {
    if (which == kFaces || !there[which].defined()) continue;
    const auto output = [&](const std::vector<at::Tensor>& in) {
      return all_outputs(prior, {in[0], in[1]})[which];
    };
    const auto error = gradient_error(output, inputs, tolerance);
    if (!error.empty()) return fmt::format("{} by {}", kOutputs[which], error);
  }
  return "";
}

std::string vertices_differ(const std::vector<Eigen::Vector3f>& a,
                            const std::vector<Eigen::Vector3f>& b) {
  if (a.size() != b.size()) return fmt::format("{} vertices or {}", a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i])  // NaN fails
      return fmt::format("vertex {} differs by {:.3g}", i, (a[i] - b[i]).norm());
  return "";
}

/// Of a sum over what the codes decode to, each vertex with a weight of its own.
std::vector<at::Tensor> gradients_of_codes(const ShapePrior& prior, const Codes& codes) {
  const auto sum = [&](const std::vector<at::Tensor>& in) {
    const DecodedShape shape = prior.decode(in[0], in[1]);
    at::Tensor total = prior.log_prior(in[0], in[1]);
    for (const at::Tensor& output :
         {shape.vertices, shape.colours, shape.surfels.positions, shape.surfels.colours}) {
      if (!output.defined()) continue;
      const at::Tensor each = output.flatten(1);
      total = total + (each * at::arange(each.size(1), each.options()).cos()).sum(1);
    }
    return total;
  };
  return gradients(sum, {{"shape code", codes.shape}, {"texture code", codes.texture}});
}

/// Bit for bit: what an object's fit gives must not depend on the objects beside it.
std::string batch_differs(const ShapePrior& prior) {
  const Codes codes = some_codes(prior, at::kFloat);
  const DecodedShape together = prior.decode(codes.shape, codes.texture);
  const at::Tensor density = prior.log_prior(codes.shape, codes.texture);
  const std::vector<at::Tensor> gradient = gradients_of_codes(prior, codes);
  for (int n = 0; n < kItems; ++n) {
    const Codes one = {codes.shape.narrow(0, n, 1), codes.texture.narrow(0, n, 1)};
    const Mesh alone = mesh_of(prior.decode(one.shape, one.texture), 0);
    const Mesh among = mesh_of(together, n);
    std::string error = vertices_differ(alone.vertices, among.vertices);
    if (error.empty()) error = vertices_differ(alone.colours, among.colours);
    if (error.empty() && alone.faces != among.faces) error = "the faces differ";
    if (error.empty() &&
        !at::equal(prior.log_prior(one.shape, one.texture), density.narrow(0, n, 1)))
      error = "log_prior differs";
    const std::vector<at::Tensor> own = gradients_of_codes(prior, one);
    for (size_t i = 0; i < own.size() && error.empty(); ++i)
      if (!at::equal(own[i], gradient[i].narrow(0, n, 1)))
        error = fmt::format("the gradient in the {} code differs", i == 0 ? "shape" : "texture");
    if (!error.empty())
      return fmt::format("item {}: {} (decode by row_products of plugin/row_products.h)", n, error);
  }
  return "";
}

std::string incomplete_state_taken(const ShapePrior& trained, ShapePrior& prior) {
  TensorTable state = trained.state();
  if (state.empty()) return "the state has no arrays";
  const std::string name = state.begin()->first;
  state.erase(state.begin());
  try {
    prior.restore(state);
    return fmt::format("a state without the array '{}' is taken", name);
  } catch (const UserError&) {
    return "";
  }
}

// Stops when half is done, and lets another instance go on from the last checkpoint.
std::unique_ptr<ShapePrior> trained_in_two_goes(Registry& registry, const std::string& name) {
  const Parameters parameters(registry.find(PluginKind::shape_prior, name).info.parameters);
  TrainingRun run;
  run.seed = kSeed;
  TensorTable last;
  run.checkpoint = [&](const std::function<TensorTable()>& state) {
    last.clear();
    for (const auto& [key, array] : state()) last[key] = array.clone();
  };
  run.progress = [](double share, double) { return share < 0.5; };
  registry.make<ShapePrior>(name, parameters)->train(some_corpus(), run);
  run.resume = last;
  run.progress = nullptr;
  auto prior = registry.make<ShapePrior>(name, parameters);
  prior->train(some_corpus(), run);
  return prior;
}

}  // namespace

ContractReport check_shape_prior_contract(Registry& registry,
                                          const std::string& name,
                                          const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::shape_prior, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const Parameters parameters(info.parameters, given, name);
  std::unique_ptr<ShapePrior> prior;
  checker.check("learns from a small corpus", [&] {
    prior = registry.make<ShapePrior>(name, parameters);
    TrainingRun run;
    run.seed = kSeed;
    prior->train(some_corpus(), run);
    return std::string();
  });
  if (!checker.report().passed()) return checker.report();

  checker.check("shapes, dtype and range, float32",
                [&] { return wrong_output(*prior, at::kFloat); });
  checker.check("shapes, dtype and range, float64",
                [&] { return wrong_output(*prior, at::kDouble); });
  checker.check("shapes are closed and canonical",
                [&] { return prior->decodes_to().meshes ? not_canonical(*prior) : std::string(); });
  checker.check("gradient against differences", [&] {
    return info.differentiable_in.has_approximate() ? std::string() : gradient_differs(*prior);
  });
  checker.check("the same bits twice and on any number of threads", [&] {
    return bits_that_change([&] { return all_outputs(*prior, some_codes(*prior, at::kFloat)); });
  });
  checker.check("trains the same bits again, also interrupted and gone on with", [&] {
    const Codes codes = some_codes(*prior, at::kFloat);
    return difference_in_bits(all_outputs(*trained_in_two_goes(registry, name), codes),
                              all_outputs(*prior, codes));
  });
  checker.check("a batch equals its items", [&] { return batch_differs(*prior); });
  checker.check("finite for codes far out", [&] {
    for (const at::Tensor& output : all_outputs(*prior, some_codes(*prior, at::kFloat, 50)))
      if (!not_finite("", output).empty()) return std::string("an output is not finite");
    return std::string();
  });
  const TemporaryFolder folder;
  checker.check("saved and loaded, the same bits", [&] {
    const std::string path = folder.path / "prior";
    write_prior_file(
        path, {name, info.version, to_json(parameters), {}, kSeed, 0, {}}, prior->state());
    const Codes codes = some_codes(*prior, at::kFloat);
    return difference_in_bits(all_outputs(*load_prior(path, registry), codes),
                              all_outputs(*prior, codes));
  });
  checker.check("an incomplete state is refused", [&] {
    return incomplete_state_taken(*prior, *registry.make<ShapePrior>(name, parameters));
  });
  return checker.report();
}

}  // namespace monodr
