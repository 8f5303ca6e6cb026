// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <functional>
#include <utility>

#include "base/error.h"

namespace monodr {

/// A loss as two plain functions on one row (one hypothesis) of a tensor [N, ...]: the adapter
/// between a kernel without tensors and autograd. The gradient is computed when it is asked for,
/// not kept: a hypothesis whose incoming gradient is zero then costs nothing, and no gradient
/// images wait in memory. Rows are independent, so the bits do not depend on the thread count.
template <typename T>
struct RowLoss : torch::CustomClassHolder {
  using Value = std::function<T(int64_t n, const T* row, T* state)>;
  using Gradient = std::function<void(int64_t n, const T* row, const T* state, T scale, T* out)>;

  RowLoss(Value value, Gradient gradient, int64_t state_size)
      : value(std::move(value)), gradient(std::move(gradient)), state_size(state_size) {}

  Value value;         ///< loss of row n; may leave `state_size` numbers for the gradient
  Gradient gradient;   ///< writes every entry of out = scale * d loss / d row
  int64_t state_size;  ///< numbers a row
};

template <typename T>
class RowLossFunction : public torch::autograd::Function<RowLossFunction<T>> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& rows,
                            const c10::intrusive_ptr<RowLoss<T>>& loss) {
    const at::Tensor input = rows.contiguous();
    const int64_t count = input.size(0);
    at::Tensor losses = at::empty({count}, input.options());
    at::Tensor state = at::empty({count, loss->state_size}, input.options());
    const int64_t row_size = count > 0 ? input.numel() / count : 0;
    const T* in = input.data_ptr<T>();
    T* out = losses.data_ptr<T>();
    T* kept = state.data_ptr<T>();
    at::parallel_for(0, count, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n)
        out[n] = loss->value(n, in + n * row_size, kept + n * loss->state_size);
    });
    context->save_for_backward({input, state});
    context->saved_data["loss"] = c10::IValue::make_capsule(
        c10::static_intrusive_pointer_cast<torch::CustomClassHolder>(loss));
    return losses;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list incoming) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["loss"].toCapsule();
    const auto& loss = static_cast<const RowLoss<T>&>(*capsule);
    const at::Tensor scale = incoming[0].contiguous();
    at::Tensor gradient = at::empty_like(saved[0]);
    const int64_t count = saved[0].size(0);
    const int64_t row_size = count > 0 ? saved[0].numel() / count : 0;
    const T* in = saved[0].template data_ptr<T>();
    const T* kept = saved[1].template data_ptr<T>();
    const T* scales = scale.template data_ptr<T>();
    T* out = gradient.data_ptr<T>();
    at::parallel_for(0, count, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        T* row = out + n * row_size;
        if (scales[n] == T(0))
          std::memset(row, 0, row_size * sizeof(T));
        else
          loss.gradient(n, in + n * row_size, kept + n * loss.state_size, scales[n], row);
      }
    });
    return {gradient, at::Tensor()};
  }

 private:
  static constexpr int64_t kGrain = 4;  // a row is some 10 us of work
};

/// [N] from rows [N, ...]; differentiable in `rows`.
template <typename T>
at::Tensor evaluate_rows(const at::Tensor& rows,
                         typename RowLoss<T>::Value value,
                         typename RowLoss<T>::Gradient gradient,
                         int64_t state_size) {
  return RowLossFunction<T>::apply(
      rows, c10::make_intrusive<RowLoss<T>>(std::move(value), std::move(gradient), state_size));
}

/// Row `object[n]` of an observation tensor [B, ...] for hypothesis n, without expanding it to N.
template <typename T>
class ObservedRows {
 public:
  ObservedRows(const at::Tensor& observed, const at::Tensor& object)
      : observed_(observed.to(c10::CppTypeToScalarType<T>::value).contiguous()),
        object_(object.contiguous()),
        row_size_(observed_.size(0) > 0 ? observed_.numel() / observed_.size(0) : 0) {
    MONODR_CHECK(object_.scalar_type() == at::kLong, "hypothesis.object must be int64");
    const int64_t* first = object_.data_ptr<int64_t>();
    for (int64_t n = 0; n < object_.numel(); ++n)
      MONODR_CHECK(first[n] >= 0 && first[n] < observed_.size(0),
                   "hypothesis {} is of object {}, but there are {} objects",
                   n,
                   first[n],
                   observed_.size(0));
  }

  const T* operator[](int64_t n) const {
    return observed_.template data_ptr<T>() + object_.data_ptr<int64_t>()[n] * row_size_;
  }

 private:
  at::Tensor observed_, object_;
  int64_t row_size_;
};

/// The rendered image must have the observation's size and a row a hypothesis.
inline void check_image(const at::Tensor& image,
                        const at::Tensor& observed,
                        int64_t hypotheses,
                        const char* channel) {
  MONODR_CHECK(image.defined(), "the rendering lacks the channel {}", channel);
  MONODR_CHECK(image.size(0) == hypotheses && image.size(-1) == observed.size(-1) &&
                   image.size(-2) == observed.size(-2),
               "{} has {} rows of {}x{}, expected {} of {}x{}",
               channel,
               image.size(0),
               image.size(-2),
               image.size(-1),
               hypotheses,
               observed.size(-2),
               observed.size(-1));
}

}  // namespace monodr
