// SPDX-License-Identifier: Apache-2.0
#include "methods/example_bytes.h"

#include <cstring>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace monodr {
namespace {

class Writer {
 public:
  void raw(void* values, std::size_t size) { bytes.append(static_cast<const char*>(values), size); }
  /// Of a list the number of its elements, which stays.
  std::size_t count(std::size_t own) {
    raw(&own, sizeof own);
    return own;
  }
  std::string bytes;
};

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}
  void raw(void* values, std::size_t size) {
    MONODR_CHECK(size <= bytes_.size() - at_, "examples that another process sent");
    if (size > 0) std::memcpy(values, bytes_.data() + at_, size);
    at_ += size;
  }
  /// Of a list the number that was written.
  std::size_t count(std::size_t) {
    std::size_t written = 0;
    raw(&written, sizeof written);
    MONODR_CHECK(written <= bytes_.size(), "examples that another process sent");
    return written;
  }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

// Each says what a thing is made of, once for both ways; of what has gaps between its members each by itself.

template <typename Way, typename Value>
std::enable_if_t<std::is_trivially_copyable_v<Value>> pass(Way& way, Value& value) {
  way.raw(&value, sizeof value);
}

template <typename Way>
void pass(Way& way, std::string& text) {
  text.resize(way.count(text.size()));
  way.raw(text.data(), text.size());
}

template <typename Way>
void pass(Way& way, Eigen::Vector3d& vector) {
  way.raw(vector.data(), 3 * sizeof(double));
}

template <typename Way, typename Value>
std::enable_if_t<std::is_trivially_copyable_v<Value>> pass(Way& way, std::vector<Value>& values) {
  values.resize(way.count(values.size()));
  way.raw(values.data(), values.size() * sizeof(Value));
}

template <typename Way>
void pass(Way& way, Observation& seen) {
  pass(way, seen.frame);
  pass(way, seen.object);
  pass(way, seen.category);
  pass(way, seen.score);
  pass(way, seen.box);
  pass(way, seen.camera.intrinsics);
  pass(way, seen.camera.offset);
  pass(way, seen.camera.width);
  pass(way, seen.camera.height);
  pass(way, seen.crop.left);
  pass(way, seen.crop.top);
  pass(way, seen.crop.side);
  pass(way, seen.crop.size);
  pass(way, seen.image);
  pass(way, seen.mask);
  pass(way, seen.known);
  pass(way, seen.depth);
  pass(way, seen.depth_deviation);
  pass(way, seen.free_sides);
}

template <typename Way>
void pass(Way& way, TrainingExample& example) {
  pass(way, example.about);
  pass(way, example.image);
  pass(way, example.mask);
  pass(way, example.known);
  pass(way, example.depth);
  pass(way, example.track);
  bool is_known = example.known_state.has_value();
  pass(way, is_known);
  if (!is_known) return;
  if (!example.known_state) example.known_state.emplace();
  pass(way, example.known_state->centre);
  pass(way, example.known_state->dimensions);
  pass(way, example.known_state->alpha);
}

template <typename Way>
void pass(Way& way, FramesExamples& frames) {
  frames.resize(way.count(frames.size()));
  for (std::vector<TrainingExample>& examples : frames) {
    examples.resize(way.count(examples.size()));
    for (TrainingExample& example : examples) pass(way, example);
  }
}

}  // namespace

std::string to_bytes(FramesExamples frames) {
  Writer writer;
  pass(writer, frames);
  return std::move(writer.bytes);
}

FramesExamples frames_examples_from_bytes(const std::string& bytes) {
  Reader reader(bytes);
  FramesExamples frames;
  pass(reader, frames);
  return frames;
}

}  // namespace monodr
