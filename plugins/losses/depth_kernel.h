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

/// How much better than a smooth map this one tells an object's range: 1 / (1 - w + w g^2 / n),
/// 1 to `maximum`, n = pixels of evidence, g = side / 16. w = the share of the map's variance
/// deviation^2 that changes from one stretch of g pixels to the next and so averages out over the
/// object:
///
///     w = min(1, median(|l(p-g) - 2 l(p) + l(p+g)|)^2 / (0.6745^2 * 6 * deviation^2)),   l = log z
///
/// along rows and columns (second differences: a slanted surface has none). Fewer than 30 of them:
/// 1. Costs a pass over the crop.
template <typename T>
double depth_reliability(
    int side, const T* depth, const T* evidence, double deviation, double maximum);

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
