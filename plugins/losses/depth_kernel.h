// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace monodr {

/// Residual of a pixel before it is divided by the scale: log(rendered / observed), no unit, or
/// rendered - observed, metres.
enum class DepthResidual { log, metric };

/// Which pixels of an observed depth map are evidence, as 1 or 0: depth > 0, inside the mask,
/// known, and not within `border` pixels of the mask's edge unless fewer than `minimum` pixels
/// would stay.
template <typename T>
void depth_evidence(int side,
                    const T* depth,
                    const T* mask,
                    const T* known,
                    double border,
                    int minimum,
                    T* evidence);

/// Mean of r^2 / (1 + r^2) over the evidence, r = residual / scale; 1 where nothing is rendered.
template <typename T>
T depth_loss(DepthResidual residual,
             T scale,
             int pixels,
             const T* rendered,
             const T* observed,
             const T* evidence,
             T* state);  ///< one number: pixels of evidence

/// out = factor * d loss / d rendered.
template <typename T>
void depth_gradient(DepthResidual residual,
                    T scale,
                    int pixels,
                    const T* rendered,
                    const T* observed,
                    const T* evidence,
                    const T* state,
                    T factor,
                    T* out);

}  // namespace monodr
