// SPDX-License-Identifier: Apache-2.0
#include "worker/annotate.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/parallel.h"
#include "base/text.h"
#include "cell/data_request.h"
#include "cell/networks.h"
#include "data/kitti_label.h"
#include "evidence/frame_source.h"
#include "evidence/network_evidence.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// A 2-D detection as a line of KITTI's result files: what no network of the plane knows stands for "not given".
Annotation line_of(const FoundObject& object) {
  Annotation line;
  line.category = object.category;
  line.truncation = -1;
  line.occlusion = -1;
  line.alpha = -10;
  line.box2d = object.box;
  line.box3d.height = line.box3d.width = line.box3d.length = -1;
  line.box3d.location = Eigen::Vector3d::Constant(-1000);
  line.box3d.rotation_y = -10;
  line.score = object.score;
  return line;
}

Plane<std::uint16_t> white_on_black(const BinaryMask& mask) {
  Plane<std::uint16_t> picture(mask.width, mask.height);
  std::transform(
      mask.values.begin(), mask.values.end(), picture.values.begin(), [](std::uint8_t on) {
        return std::uint16_t(on ? 65535 : 0);
      });
  return picture;
}

}  // namespace

std::vector<std::string> write_annotations(const DetectOrder& order, const CellProgress& progress) {
  const auto config = nlohmann::json::parse(order.config);
  Registry registry(order.plugin_folders);
  const CellSettings settings = cell_settings(config);
  DatasetRequest data = data_request(settings, 0, order.cache);
  data.networks = networks_of(config, registry, order.cache);
  data.networks->open();
  const auto source = open_frame_source(data);
  const std::vector<std::string> ids = source->frames();
  const fs::path folder(order.output);
  const bool has_depth = data.asks_depth_estimator();
  for (const char* name : {"detections_2", "masks_2"}) fs::create_directories(folder / name);
  if (has_depth) fs::create_directories(folder / "depth_2");
  std::mutex mutex;
  size_t done = 0;
  std::atomic<size_t> objects = 0, masks = 0;
  parallel_for(ids.size(), at::get_num_threads(), [&](size_t i) {
    const std::string& id = ids[i];
    const FrameEvidence view = source->view(id);
    std::vector<Annotation> lines;
    for (const FoundObject& object : data.networks->objects(view)) {
      if (!object.mask.empty()) {
        const std::string name = fmt::format("{}_{}.png", id, lines.size());
        save_png((folder / "masks_2" / name).string(), white_on_black(object.mask));
        ++masks;
      }
      lines.push_back(line_of(object));
    }
    objects += lines.size();
    write_file_atomically((folder / "detections_2" / (id + ".txt")).string(),
                          format_kitti_results(lines));
    if (has_depth)
      save_png((folder / "depth_2" / (id + ".png")).string(),
               depth_units(data.networks->depth(view).metres));
    const std::lock_guard lock(mutex);
    progress("asking the networks", double(++done) / double(ids.size()));
  });
  const NetworkEvidence::Cost cost = data.networks->cost();
  return {fmt::format("{} frames: {} objects, {} masks{}",
                      ids.size(),
                      objects.load(),
                      masks.load(),
                      has_depth ? ", depth" : ""),
          fmt::format("{} answers computed in {:.1f} s, {} kept from before",
                      cost.pictures_run,
                      cost.seconds,
                      cost.pictures_kept),
          order.output};
}

}  // namespace monodr
