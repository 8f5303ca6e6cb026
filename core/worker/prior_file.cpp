// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/options.h"
#include "base/text.h"
#include "methods/trained_prior.h"
#include "worker/prior_sheet.h"
#include "worker/worker_commands.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using nlohmann::json;
using Words = std::vector<std::string>;

const CommandUsage show_usage = {
    "runexp prior show",
    "FILE [--output FILE.png] [--meshes DIR] [--held-out N]",
    R"(Draws a sheet of what a trained prior can express: the mean car, -2 to +2 deviations along each dimension
of shape and texture, random cars, the way from one car to another, and held-out cars beside the codes
that were fitted to them.

Example:
  runexp prior show cars.prior --output cars.png
)"};

const CommandUsage evaluate_usage = {
    "runexp prior evaluate",
    "FILE [--meshes DIR] [--format text|json]",
    R"(Fits the code alone to the geometry of cars that the prior was not trained on, and to the meshes of a
folder (repaired first), and measures how well they agree: volumetric IoU, and the symmetric chamfer
distance as a share of the length.

Examples:
  runexp prior evaluate cars.prior
  runexp prior evaluate cars.prior --meshes ../meshes --format json
)"};

void add_common(po::options_description& options) {
  auto add = options.add_options();
  add("plugin-path",
      po::value<Words>()->composing()->value_name("DIR"),
      "look for plugins there first");
  add("cache",
      po::value<std::string>()->default_value("results/cache")->value_name("DIR"),
      "where repaired meshes are kept");
  add("held-out",
      po::value<int>()->default_value(-1)->value_name("N"),
      "held-out cars to take; -1 = as many as the corpus keeps aside");
}

/// A bar on a terminal, nothing elsewhere.
class Bar {
 public:
  explicit Bar(std::string what) : what_(std::move(what)), shown_(::isatty(STDERR_FILENO) != 0) {}
  ~Bar() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }
  void operator()(double share) const {
    if (shown_) fmt::print(stderr, "\r{} {:3.0f} %", what_, 100 * share);
  }

 private:
  std::string what_;
  bool shown_;
};

/// A trained prior's file with what is asked about it.
struct Opened {
  PriorRecord record;
  std::unique_ptr<ShapePrior> prior;
  CategoryModel category;
  std::vector<CorpusItem> held_out;
};

Opened open_prior(const po::variables_map& values) {
  if (values.count("file") == 0) throw UserError("which prior? A file is expected");
  const auto file = values["file"].as<std::string>();
  Registry registry(plugin_folders(
      values.count("plugin-path") > 0 ? values["plugin-path"].as<Words>() : Words{}, {}));
  Opened opened{read_prior_record(file), load_prior(file, registry), {}, {}};
  CorpusRequest corpus = corpus_request(opened.record, values["cache"].as<std::string>());
  opened.category = corpus.category;
  const int wanted = values["held-out"].as<int>();
  if (corpus.root.empty() && wanted >= 0) corpus.held_out = wanted;
  corpus.cars = 0;  // the training cars are not needed
  opened.held_out = make_corpus(corpus, Bar("reading the corpus")).held_out;
  if (wanted >= 0 && static_cast<size_t>(wanted) < opened.held_out.size())
    opened.held_out.resize(wanted);
  return opened;
}

MeshFolder given_meshes(const po::variables_map& values, const CategoryModel& category) {
  if (values.count("meshes") == 0) return {};
  return read_mesh_folder(values["meshes"].as<std::string>(),
                          category,
                          values["cache"].as<std::string>(),
                          Bar("repairing meshes"));
}

int run_show(const Words& arguments) {
  po::options_description options("options");
  add_common(options);
  options.add_options()("meshes",
                        po::value<std::string>()->value_name("DIR"),
                        "show how meshes of a folder are reconstructed, too");
  options.add_options()("output",
                        po::value<std::string>()->value_name("FILE.png"),
                        "the picture (default: named as FILE, in the current directory)");
  po::options_description all = options;
  all.add_options()("file", po::value<std::string>(), "trained prior");
  po::variables_map values;
  if (!parse_options(
          show_usage, arguments, all, po::positional_options_description().add("file", 1), values))
    return 0;
  Opened opened = open_prior(values);
  constexpr size_t kShown = 7;
  if (values["held-out"].as<int>() < 0 && opened.held_out.size() > kShown)
    opened.held_out.resize(kShown);
  for (CorpusItem& item : given_meshes(values, opened.category).items)
    opened.held_out.push_back(std::move(item));
  const auto reconstructions =
      reconstruct(*opened.prior, opened.held_out, opened.category, Bar("fitting held-out shapes"));
  const std::string output =
      values.count("output") > 0
          ? values["output"].as<std::string>()
          : fs::path(values["file"].as<std::string>()).stem().string() + ".png";
  write_mesh_sheet(
      fmt::format("{} {}, {} shape and {} texture dimensions, trained on {} meshes in {:.0f} s",
                  opened.record.plugin,
                  opened.record.version,
                  opened.prior->shape_dimensions(),
                  opened.prior->texture_dimensions(),
                  opened.record.corpus.value("meshes", 0),
                  opened.record.seconds),
      prior_sheet(*opened.prior, reconstructions, 0),
      opened.category.size_mean,
      output);
  fmt::print("{}\n", output);
  return 0;
}

void print_text(const json& result, const std::vector<MeshReport>& reports) {
  fmt::print("{} with {} dimensions\n",
             result.at("plugin").get<std::string>(),
             result.at("latent_dims").get<int>());
  if (result.at("held_out").get<int>() > 0)
    fmt::print("held out ({}): IoU {:.3f}, chamfer {:.2f} % of the length\n",
               result.at("held_out").get<int>(),
               result.at("iou_held_out").get<double>(),
               100 * result.at("chamfer_held_out").get<double>());
  for (const MeshReport& report : reports) {
    const auto found = result.at("meshes").find(report.name);
    fmt::print("{}: {}\n",
               report.name,
               found == result.at("meshes").end()
                   ? std::string("left out")
                   : fmt::format("IoU {:.3f}", found->get<double>()));
    for (const std::string& finding : report.findings) fmt::print("    {}\n", finding);
  }
}

int run_evaluate_prior(const Words& arguments) {
  po::options_description options("options");
  add_common(options);
  options.add_options()(
      "meshes", po::value<std::string>()->value_name("DIR"), "meshes to fit the code to");
  options.add_options()("format",
                        po::value<std::string>()->default_value("text")->value_name("FORMAT"),
                        "text or json");
  po::options_description all = options;
  all.add_options()("file", po::value<std::string>(), "trained prior");
  po::variables_map values;
  if (!parse_options(evaluate_usage,
                     arguments,
                     all,
                     po::positional_options_description().add("file", 1),
                     values))
    return 0;
  const auto format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UserError(fmt::format("--format is '{}'; it must be text or json", format));
  const Opened opened = open_prior(values);
  const MeshFolder folder = given_meshes(values, opened.category);
  const auto held_out =
      reconstruct(*opened.prior, opened.held_out, opened.category, Bar("fitting held-out shapes"));
  const auto given =
      reconstruct(*opened.prior, folder.items, opened.category, Bar("fitting the meshes"));
  json result = {{"plugin", opened.record.plugin},
                 {"latent_dims", opened.prior->shape_dimensions()},
                 {"held_out", held_out.size()},
                 {"iou_held_out", nullptr},
                 {"chamfer_held_out", nullptr},
                 {"meshes", json::object()}};
  if (!held_out.empty()) {
    const ShapeAgreement mean = mean_agreement(held_out);
    result["iou_held_out"] = mean.iou;
    result["chamfer_held_out"] = mean.chamfer;
  }
  for (const Reconstruction& r : given) result["meshes"][r.name] = r.agreement.iou;
  if (format == "json")
    fmt::print("{}\n", result.dump(2));
  else
    print_text(result, folder.reports);
  return 0;
}

}  // namespace

int run_prior_file(const Words& arguments) {
  MONODR_CHECK(!arguments.empty(), "runexp names the command");
  const Words rest(arguments.begin() + 1, arguments.end());
  return arguments[0] == "show" ? run_show(rest) : run_evaluate_prior(rest);
}

}  // namespace monodr
