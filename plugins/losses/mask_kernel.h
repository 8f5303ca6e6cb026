// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace monodr {

/// Agreement of a rendered silhouette A with a mask M where the mask is known (k): plain C++ on
/// pointers, T = float or double. Images are side x side, row-major.
enum class MaskKind { iou, tanimoto, squared_error, multi_scale };

/// Numbers that `mask_loss` leaves for `mask_gradient`.
constexpr int kMaskState = 12;

template <typename T>
T mask_loss(MaskKind kind, int side, const T* silhouette, const T* mask, const T* known, T* state);

/// out = scale * d loss / d silhouette.
template <typename T>
void mask_gradient(MaskKind kind,
                   int side,
                   const T* silhouette,
                   const T* mask,
                   const T* known,
                   const T* state,
                   T scale,
                   T* out);

}  // namespace monodr
