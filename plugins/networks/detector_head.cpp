// SPDX-License-Identifier: Apache-2.0
#include "detector_head.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

using Floats = std::vector<float>;

float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

/// A box that may be an object, before the weaker ones are dropped.
struct Candidate {
  int category = -1;  ///< the network's number
  double score = 0;
  Box2d box;              ///< px of the input
  Floats coefficients;    ///< of the prototypes
  std::int64_t row = -1;  ///< of the list of masks
};

struct Head {
  const std::vector<NetworkOutput>& outputs;
  const std::string& file;
  const NetworkInput& input;
  const HeadParameters& parameters;

  [[noreturn]] void refuse(const NetworkOutput& output, const std::string& expected) const {
    throw UserError(fmt::format(
        "the output '{}' of '{}' is {}, but head = \"{}\" reads {}; set 'outputs' to the "
        "names in the order of the head, or another head",
        output.name,
        file,
        describe_shape(output.shape),
        name(parameters.kind),
        expected));
  }
  const NetworkOutput& output(std::size_t i, const std::string& expected) const {
    if (i < outputs.size()) return outputs[i];
    throw UserError(fmt::format("'{}' gives {} outputs, but head = \"{}\" reads one more: {}",
                                file,
                                outputs.size(),
                                name(parameters.kind),
                                expected));
  }
  bool is_wanted(int category) const {
    return category >= 0 && std::size_t(category) < parameters.classes.size() &&
           !parameters.classes[std::size_t(category)].empty();
  }

  static const char* name(HeadKind kind) {
    switch (kind) {
      case HeadKind::yolo_maps:
        return "yolo_maps";
      case HeadKind::yolo_v5:
        return "yolo_v5";
      case HeadKind::yolo_v8:
        return "yolo_v8";
      case HeadKind::mask_rcnn:
        return "mask_rcnn";
      case HeadKind::boxes:
        return "boxes";
    }
    return "";
  }
};

/// [.., M, h, w] of the masks' prototypes.
struct Prototypes {
  const float* values = nullptr;
  int count = 0, rows = 0, columns = 0;
};

Prototypes prototypes_of(const NetworkOutput& output, const Head& head) {
  const std::size_t sides = output.shape.size();
  if (sides < 3) head.refuse(output, "prototypes of masks [M, h, w] there");
  return {output.values.data(),
          int(output.shape[sides - 3]),
          int(output.shape[sides - 2]),
          int(output.shape[sides - 1])};
}

Box2d around(double x, double y, double width, double height) {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

/// Of the classes behind each other at `first` (a stride apart) the one that scores most.
std::pair<int, float> best_class(const float* first, std::ptrdiff_t stride, int count) {
  int best = 0;
  for (int c = 1; c < count; ++c)
    if (first[c * stride] > first[best * stride]) best = c;
  return {best, count > 0 ? first[best * stride] : 0};
}

Floats gathered(const float* first, std::ptrdiff_t stride, int count) {
  Floats values(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) values[std::size_t(i)] = first[i * stride];
  return values;
}

/// One of YOLOv5's maps. With q = sigmoid(value): centre = (2 q - 0.5 + cell) stride, size = (2 q)^2 anchor.
void add_map(const Head& head,
             const NetworkOutput& map,
             const double* anchors,
             int anchor_count,
             int mask_count,
             std::vector<Candidate>& candidates) {
  const std::size_t sides = map.shape.size();
  const int channels = int(map.shape[sides - 3]);
  const int rows = int(map.shape[sides - 2]), columns = int(map.shape[sides - 1]);
  const int of_anchor = channels / anchor_count, classes = of_anchor - 5 - mask_count;
  const std::ptrdiff_t plane = std::ptrdiff_t(rows) * columns;
  const double step_x = double(head.input.width) / columns,
               step_y = double(head.input.height) / rows;
  for (int a = 0; a < anchor_count; ++a)
    for (std::ptrdiff_t cell = 0; cell < plane; ++cell) {
      const float* v = map.values.data() + a * of_anchor * plane + cell;
      const float objectness = sigmoid(v[4 * plane]);
      if (objectness < head.parameters.minimum_score) continue;
      const auto [category, logit] = best_class(v + 5 * plane, plane, classes);
      const double score = double(objectness) * sigmoid(logit);
      if (score < head.parameters.minimum_score || !head.is_wanted(category)) continue;
      const double x = 2 * sigmoid(v[0]) - 0.5 + double(cell % columns);
      const double y = 2 * sigmoid(v[plane]) - 0.5 + double(cell / columns);
      const double w = 2 * sigmoid(v[2 * plane]), h = 2 * sigmoid(v[3 * plane]);
      candidates.push_back(
          {category,
           score,
           around(x * step_x, y * step_y, w * w * anchors[2 * a], h * h * anchors[2 * a + 1]),
           gathered(v + (5 + classes) * plane, plane, mask_count)});
    }
}

std::vector<Candidate> yolo_maps(const Head& head, Prototypes& prototypes) {
  const char* expected =
      "a map a stride [A (5 + classes + masks), H, W], then prototypes [M, h, w]";
  head.output(0, expected);
  // The last output is of prototypes if it is finer than the first map.
  const NetworkOutput& last = head.outputs.back();
  std::size_t maps = head.outputs.size();
  for (const NetworkOutput& output : head.outputs)
    if (output.shape.size() < 3) head.refuse(output, expected);
  const auto columns_of = [](const NetworkOutput& output) { return output.shape.back(); };
  if (maps > 1 && columns_of(last) > columns_of(head.outputs.front())) {
    prototypes = prototypes_of(last, head);
    --maps;
  }
  const std::size_t numbers = head.parameters.anchors.size();
  if (numbers == 0 || numbers % (2 * maps) != 0)
    throw UserError(
        fmt::format("'anchors' holds {} numbers, but '{}' has {} maps: each has the same number of "
                    "anchors, a width "
                    "and a height each",
                    numbers,
                    head.file,
                    maps));
  const int anchors = int(numbers / (2 * maps));
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < maps; ++i) {
    const NetworkOutput& map = head.outputs[i];
    const auto channels = map.shape[map.shape.size() - 3];
    if (channels % anchors != 0 || channels / anchors <= 5 + prototypes.count)
      head.refuse(
          map,
          fmt::format(
              "{} anchors times 5 + classes + {} masks channels there", anchors, prototypes.count));
    add_map(head,
            map,
            &head.parameters.anchors[i * std::size_t(anchors) * 2],
            anchors,
            prototypes.count,
            candidates);
  }
  return candidates;
}

/// The list of YOLO's boxes, decoded by the network itself.
std::vector<Candidate> yolo_list(const Head& head, Prototypes& prototypes) {
  const bool is_v5 = head.parameters.kind == HeadKind::yolo_v5;
  const char* expected = is_v5 ? "[N, 5 + classes + masks], one row an anchor"
                               : "[4 + classes + masks, N], one column an anchor";
  const NetworkOutput& list = head.output(0, expected);
  if (head.outputs.size() > 1) prototypes = prototypes_of(head.outputs[1], head);
  const std::size_t sides = list.shape.size();
  if (sides < 2) head.refuse(list, expected);
  const std::ptrdiff_t rows = list.shape[sides - 2], columns = list.shape[sides - 1];
  const std::ptrdiff_t numbers = is_v5 ? columns : rows, boxes = is_v5 ? rows : columns;
  const int head_numbers = is_v5 ? 5 : 4;
  const int classes = int(numbers) - head_numbers - prototypes.count;
  if (classes < 1 || list.values.size() != std::size_t(rows * columns)) head.refuse(list, expected);
  const std::ptrdiff_t step = is_v5 ? 1 : boxes;
  std::vector<Candidate> candidates;
  for (std::ptrdiff_t i = 0; i < boxes; ++i) {
    const float* v = list.values.data() + (is_v5 ? i * numbers : i);
    const auto [category, probability] = best_class(v + head_numbers * step, step, classes);
    const double score = is_v5 ? double(v[4]) * probability : double(probability);
    if (score < head.parameters.minimum_score || !head.is_wanted(category)) continue;
    candidates.push_back({category,
                          score,
                          around(v[0], v[step], v[2 * step], v[3 * step]),
                          gathered(v + (head_numbers + classes) * step, step, prototypes.count)});
  }
  return candidates;
}

std::vector<Candidate> plain_list(const Head& head) {
  const char* expected =
      "boxes [N, 4], classes [N], scores [N], or one list [N, 6] of corners, score, class";
  const NetworkOutput& boxes = head.output(0, expected);
  const bool is_one = head.outputs.size() == 1;
  const std::int64_t width = boxes.shape.empty() ? 0 : boxes.shape.back();
  if (width != (is_one ? 6 : 4)) head.refuse(boxes, expected);
  const std::size_t count = boxes.values.size() / std::size_t(width);
  if (!is_one)
    for (std::size_t i = 1; i < 3; ++i)
      if (head.output(i, expected).values.size() != count) head.refuse(head.outputs[i], expected);
  const double x = head.parameters.boxes_are_shares ? head.input.width : 1;
  const double y = head.parameters.boxes_are_shares ? head.input.height : 1;
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < count; ++i) {
    const float* v = &boxes.values[i * std::size_t(width)];
    const double score = is_one ? v[4] : head.outputs[2].values[i];
    const int category = int(std::lround(is_one ? v[5] : head.outputs[1].values[i]));
    if (score < head.parameters.minimum_score || !head.is_wanted(category)) continue;
    candidates.push_back(
        {category, score, {x * v[0], y * v[1], x * v[2], y * v[3]}, {}, std::int64_t(i)});
  }
  return candidates;
}

/// Greedy: whoever is surer stays. Equal scores keep the network's order on every machine.
std::vector<FoundObject> suppressed(const Head& head, std::vector<Candidate>& candidates) {
  std::stable_sort(candidates.begin(),
                   candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  const auto group = [&](const std::string& category) {
    const auto& together = head.parameters.together;
    const bool is_in = std::find(together.begin(), together.end(), category) != together.end();
    return is_in ? std::string() : category;
  };
  std::vector<FoundObject> kept;
  std::vector<Candidate> kept_candidates;
  for (Candidate& candidate : candidates) {
    FoundObject object;
    object.category = head.parameters.classes[std::size_t(candidate.category)];
    object.score = std::min(1.0, candidate.score);
    object.box = head.input.to_picture(candidate.box);
    if (object.box.width() <= 0 || object.box.height() <= 0) continue;
    const bool is_double = std::any_of(kept.begin(), kept.end(), [&](const FoundObject& other) {
      return group(other.category) == group(object.category) &&
             intersection_over_union(other.box, object.box) > head.parameters.overlap;
    });
    if (is_double) continue;
    kept.push_back(std::move(object));
    kept_candidates.push_back(std::move(candidate));
  }
  candidates = std::move(kept_candidates);
  return kept;
}

/// Calls `is_on(x, y)` for the pixels in the object's box, its numbers rounded, and writes what it says.
void draw_mask(FoundObject& object,
               const NetworkInput& input,
               const std::function<bool(int, int)>& is_on) {
  const int width = input.picture_width, height = input.picture_height;
  object.mask = BinaryMask(width, height);
  const auto end = [](double side, int size) {
    return side + 0.5 >= size
               ? size
               : int(std::lround(side - 0.5));  // a box at the border holds its last pixel
  };
  const int right = end(object.box.right, width), bottom = end(object.box.bottom, height);
  for (int y = int(std::lround(object.box.top - 0.5)); y < bottom; ++y)
    for (int x = int(std::lround(object.box.left - 0.5)); x < right; ++x)
      object.mask.at(x, y) = is_on(x, y);
}

void add_prototype_mask(FoundObject& object,
                        const Candidate& candidate,
                        const Prototypes& prototypes,
                        const Head& head) {
  const std::ptrdiff_t plane = std::ptrdiff_t(prototypes.rows) * prototypes.columns;
  Floats probability(static_cast<std::size_t>(plane));
  for (int m = 0; m < prototypes.count; ++m) {
    const float factor = candidate.coefficients[std::size_t(m)];
    const float* values = prototypes.values + m * plane;
    for (std::ptrdiff_t i = 0; i < plane; ++i) probability[std::size_t(i)] += factor * values[i];
  }
  for (float& value : probability) value = sigmoid(value);
  const MapReader reader(head.input, probability.data(), prototypes.rows, prototypes.columns);
  draw_mask(object, head.input, [&](int x, int y) {
    return reader.at(x, y) > head.parameters.mask_threshold;
  });
}

/// [N, h, w]: of the whole input, or of the box alone.
void add_listed_mask(FoundObject& object,
                     const Candidate& candidate,
                     const NetworkOutput& masks,
                     const Head& head) {
  const std::size_t sides = masks.shape.size();
  const int rows = int(masks.shape[sides - 2]), columns = int(masks.shape[sides - 1]);
  const float* values = masks.values.data() + candidate.row * rows * columns;
  const bool is_whole = rows == head.input.height && columns == head.input.width;
  // A mask of the box is a map over the box, as the whole input's is one over the input.
  NetworkInput frame = head.input;
  if (!is_whole) {
    frame.width = columns;
    frame.height = rows;
    const Box2d& box = candidate.box;
    frame.scale_x = head.input.scale_x * columns / box.width();
    frame.scale_y = head.input.scale_y * rows / box.height();
    frame.left = (head.input.left - box.left) * columns / box.width();
    frame.top = (head.input.top - box.top) * rows / box.height();
  }
  const MapReader reader(frame, values, rows, columns);
  draw_mask(object, head.input, [&](int x, int y) {
    return reader.at(x, y) > head.parameters.mask_threshold;
  });
}

const NetworkOutput& listed_masks(const Head& head) {
  const char* expected = "masks [N, h, w] or [N, 1, h, w]";
  const NetworkOutput& masks = head.output(3, expected);
  const std::size_t sides = masks.shape.size();
  const std::size_t boxes = head.outputs[0].values.size() / 4;
  if (sides < 3 || masks.shape.front() != std::int64_t(boxes)) {
    if (sides < 3 || boxes > 0) head.refuse(masks, expected);
  } else if (masks.values.size() !=
             boxes * std::size_t(masks.shape[sides - 2]) * std::size_t(masks.shape[sides - 1])) {
    head.refuse(masks, expected);
  }
  return masks;
}

}  // namespace

ParameterSchema head_schema() {
  return {
      {.name = "head",
       .default_value = std::string("yolo_v8"),
       .unit = "",
       .meaning = "How the outputs are read (docs/networks.md).",
       .choices = {"yolo_maps", "yolo_v5", "yolo_v8", "mask_rcnn", "boxes"}},
      {.name = "classes",
       .default_value = std::vector<std::string>{"Pedestrian", "", "Car"},
       .unit = "",
       .meaning = "Names by the network's numbers, from 0; \"\" and numbers beyond the list are "
                  "dropped. The default: "
                  "COCO's person and car."},
      {.name = "together",
       .default_value = std::vector<std::string>{},
       .unit = "",
       .meaning = "Classes that suppress each other where boxes overlap: one object is one of them "
                  "alone."},
      {.name = "anchors",
       .default_value = std::vector<double>{},
       .unit = "px",
       .meaning = "Width and height of each anchor, map by map (head = \"yolo_maps\").",
       .minimum = 0},
      {.name = "minimum_score",
       .default_value = 0.1,
       .unit = "1",
       .meaning = "Objects below it are dropped (dataset.minimum_score chooses among those that "
                  "are left).",
       .minimum = 0,
       .maximum = 1},
      {.name = "overlap",
       .default_value = 0.5,
       .unit = "1",
       .meaning = "Of two boxes that overlap by more (intersection over union) the less sure is "
                  "dropped; 1 = none is.",
       .minimum = 0,
       .maximum = 1},
      {.name = "mask_threshold",
       .default_value = 0.5,
       .unit = "1",
       .meaning = "Probability above which a pixel is the object's.",
       .minimum = 0,
       .maximum = 1},
      {.name = "boxes_are_shares",
       .default_value = false,
       .unit = "",
       .meaning = "Corners are shares of the input's sides, 0..1, not pixels (heads mask_rcnn and "
                  "boxes)."},
  };
}

HeadParameters head_parameters(const Parameters& parameters) {
  HeadParameters head;
  const std::string& kind = parameters.text("head");
  for (const HeadKind known : {HeadKind::yolo_maps,
                               HeadKind::yolo_v5,
                               HeadKind::yolo_v8,
                               HeadKind::mask_rcnn,
                               HeadKind::boxes})
    if (kind == Head::name(known)) head.kind = known;
  head.classes = parameters.texts("classes");
  head.together = parameters.texts("together");
  head.anchors = parameters.reals("anchors");
  head.minimum_score = parameters.real("minimum_score");
  head.overlap = parameters.real("overlap");
  head.mask_threshold = parameters.real("mask_threshold");
  head.boxes_are_shares = parameters.boolean("boxes_are_shares");
  for (const std::string& name : head.together)
    if (std::find(head.classes.begin(), head.classes.end(), name) == head.classes.end())
      throw UserError(fmt::format("'together' names '{}', which is none of 'classes'{}",
                                  name,
                                  did_you_mean(name, head.classes)));
  return head;
}

std::vector<FoundObject> read_objects_found(const std::vector<NetworkOutput>& outputs,
                                            const std::string& file,
                                            const NetworkInput& input,
                                            const HeadParameters& parameters) {
  const Head head{outputs, file, input, parameters};
  Prototypes prototypes;
  std::vector<Candidate> candidates;
  switch (parameters.kind) {
    case HeadKind::yolo_maps:
      candidates = yolo_maps(head, prototypes);
      break;
    case HeadKind::yolo_v5:
    case HeadKind::yolo_v8:
      candidates = yolo_list(head, prototypes);
      break;
    case HeadKind::mask_rcnn:
    case HeadKind::boxes:
      candidates = plain_list(head);
      break;
  }
  const NetworkOutput* masks =
      parameters.kind == HeadKind::mask_rcnn ? &listed_masks(head) : nullptr;
  std::vector<FoundObject> objects = suppressed(head, candidates);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (prototypes.count > 0) add_prototype_mask(objects[i], candidates[i], prototypes, head);
    if (masks != nullptr) add_listed_mask(objects[i], candidates[i], *masks, head);
  }
  return objects;
}

}  // namespace monodr
