// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/error.h"
#include "plugin/row_products.h"
#include "point_network.h"

namespace monodr::deep_sdf {

/// The network and what it makes of the points alone, that in one precision.
struct GridDecoder::Grid {
  std::shared_ptr<const PointNetwork> network;
  at::Tensor sample_part;    ///< [G,H] phi P at the samples
  at::Tensor block_part;     ///< [G/8,H] and at the centres of the blocks
  at::Tensor block_samples;  ///< [G/8,8] int64
  double reach = 0;          ///< a centre nearer to the surface than this has its samples visited

  at::Tensor field(const at::Tensor& code_part) const;
  at::Tensor code_gradient(const at::Tensor& code_part, const at::Tensor& to_field) const;
};

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Items at a time: their activations then stay in the cache.
constexpr std::int64_t kItems = 8;

at::Tensor block_samples(const HalfVolume& volume) {
  const SampleGrid& grid = volume.half;
  at::Tensor samples = at::empty({volume.samples() / 8, 8}, at::kLong);
  std::int64_t* out = samples.data_ptr<std::int64_t>();
  for (int i = 0; i < grid.counts[0]; i += 2)
    for (int j = 0; j < grid.counts[1]; j += 2)
      for (int k = 0; k < grid.counts[2]; k += 2)
        for (int corner = 0; corner < 8; ++corner)
          *out++ = static_cast<std::int64_t>(
              grid.index(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2)));
  return samples;
}

struct SharedGrid : torch::CustomClassHolder {
  explicit SharedGrid(std::shared_ptr<const GridDecoder::Grid> g) : grid(std::move(g)) {}
  std::shared_ptr<const GridDecoder::Grid> grid;
};

struct DecodeOnGrid : torch::autograd::Function<DecodeOnGrid> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& code_part,
                            const std::shared_ptr<const GridDecoder::Grid>& grid) {
    context->saved_data["grid"] = c10::IValue::make_capsule(c10::make_intrusive<SharedGrid>(grid));
    context->save_for_backward({code_part});
    return grid->field(code_part);
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto grid =
        c10::static_intrusive_pointer_cast<SharedGrid>(context->saved_data["grid"].toCapsule())
            ->grid;
    return {grid->code_gradient(context->get_saved_variables()[0], incoming[0].contiguous()), {}};
  }
};

}  // namespace

at::Tensor GridDecoder::Grid::field(const at::Tensor& code_part) const {
  const at::NoGradGuard no_gradient;
  const std::int64_t count = code_part.size(0), blocks = block_part.size(0),
                     width = code_part.size(1);
  at::Tensor field = at::empty({count, sample_part.size(0)}, code_part.options());
  for (std::int64_t first = 0; first < count; first += kItems) {
    const std::int64_t items = std::min(kItems, count - first);
    const at::Tensor codes = code_part.narrow(0, first, items);
    const at::Tensor centres =
        network->distances((block_part.unsqueeze(0) + codes.unsqueeze(1)).view({-1, width}));
    const at::Tensor rows = field.narrow(0, first, items);
    // Every sample gets the distance of its block's centre, then those near the surface their own.
    rows.index_copy_(
        1,
        block_samples.flatten(),
        centres.view({items, blocks, 1}).expand({items, blocks, 8}).reshape({items, -1}));
    const at::Tensor near = centres.abs().lt(reach).nonzero().squeeze(1);  // item * blocks + block
    const at::Tensor item = near.div(blocks, "floor").repeat_interleave(8);
    const at::Tensor sample = block_samples.index_select(0, near.remainder(blocks)).flatten();
    const at::Tensor values =
        network->distances(sample_part.index_select(0, sample) + codes.index_select(0, item));
    rows.view({-1}).index_copy_(0, item * rows.size(1) + sample, values);
  }
  return field;
}

at::Tensor GridDecoder::Grid::code_gradient(const at::Tensor& code_part,
                                            const at::Tensor& to_field) const {
  const at::NoGradGuard no_gradient;
  const std::int64_t count = code_part.size(0), samples = sample_part.size(0);
  at::Tensor result = at::zeros_like(code_part);
  const auto in_type = [&](const at::Tensor& weights) { return weights.to(code_part.dtype()); };
  const PointNetwork& n = *network;
  const at::Tensor second = in_type(n.second), third = in_type(n.third), last = in_type(n.distance);
  for (std::int64_t first = 0; first < count; first += kItems) {
    const std::int64_t items = std::min(kItems, count - first);
    const at::Tensor incoming = to_field.narrow(0, first, items).reshape({-1});
    const at::Tensor used = incoming.nonzero().squeeze(1);
    if (used.numel() == 0) continue;
    const at::Tensor item = used.div(samples, "floor");
    const at::Tensor h1 = (sample_part.index_select(0, used.remainder(samples)) +
                           code_part.narrow(0, first, items).index_select(0, item))
                              .relu_();
    const at::Tensor h2 = row_products(h1, second, in_type(n.second_bias)).relu_();
    const at::Tensor h3 = row_products(h2, third, in_type(n.third_bias)).relu_();
    const at::Tensor t = at::tanh(row_products(h3, last, in_type(n.distance_bias)));
    const at::Tensor to_out =
        incoming.index_select(0, used).unsqueeze(1) * (n.truncation * (1 - t.square()));
    const at::Tensor to_h3 = to_out * last.t() * (h3 > 0);
    const at::Tensor to_h2 = row_products(to_h3, third.t()) * (h2 > 0);
    const at::Tensor to_h1 = row_products(to_h2, second.t()) * (h1 > 0);
    // Rows come item by item.
    const at::Tensor of_item = at::bincount(item, {}, items);
    std::int64_t row = 0;
    for (std::int64_t i = 0; i < items; ++i) {
      const std::int64_t rows = of_item.data_ptr<std::int64_t>()[i];
      result.select(0, first + i).copy_(to_h1.narrow(0, row, rows).sum(0));
      row += rows;
    }
  }
  return result;
}

GridDecoder::GridDecoder(std::shared_ptr<const PointNetwork> network, const HalfVolume& volume) {
  const Eigen::Vector3f h = volume.half.spacing;
  const auto make = [&](at::ScalarType type) {
    const auto part = [&](const at::Tensor& points) {
      return at::mm(point_features(points).to(type), network->point.to(type));
    };
    auto grid = std::make_shared<Grid>();
    grid->network = network;
    grid->sample_part = part(sample_points(volume));
    grid->block_part = part(block_points(volume));
    grid->block_samples = block_samples(volume);
    // A sample is half a block's diagonal from its centre; its neighbour beyond, where the sign may
    // change, one spacing further.
    grid->reach = h.norm() / 2 + h.maxCoeff();
    return grid;
  };
  single_ = make(at::kFloat);
  double_ = make(at::kDouble);
}

at::Tensor GridDecoder::field(const at::Tensor& code_part) const {
  return DecodeOnGrid::apply(code_part.contiguous(),
                             code_part.scalar_type() == at::kDouble ? double_ : single_);
}

}  // namespace monodr::deep_sdf
