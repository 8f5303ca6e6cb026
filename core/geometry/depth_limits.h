// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace monodr {

// Depths at which something begins or ends, in metres along the camera's axis. A limit that means the same in two
// places stands here; one that has a single user stands with it, under a name of its own.

/// What is nearer is not drawn: the renderers' default, and that of pictures. A start has its centre beyond it.
inline constexpr double kNearPlane = 0.5;

/// What is farther is not drawn: the renderers' default.
inline constexpr double kFarPlane = 200;

/// Where the centre of a fitted object can be. No object that an image shows stands outside: a hypothesis that gets
/// there has diverged, and is held at the limit, so that its numbers stay finite.
inline constexpr double kNearestFitted = 0.3;
inline constexpr double kFarthestFitted = 300;

}  // namespace monodr
