// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.h"
#include "settings/predictor.h"

namespace monodr {

/// What the sun, a camera, a compressor and a street may do to a crop [3,S,S], RGB in [0,1], and made-up scenes do not: shade, glare,
/// blur, faded or strong colours, contrast and brightness, a cast, a patch over it, noise, a colour filter array, sharpening,
/// JPEG; in this order, as `how` says. Zoom, shift and mirror are not of it: they move the object (methods/training_examples.h).
void randomise_picture(std::vector<float>& image,
                       int size,
                       const Randomisation& how,
                       Random& random);

}  // namespace monodr
