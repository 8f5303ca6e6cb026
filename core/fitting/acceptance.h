// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fitting/fitted_object.h"
#include "settings/fit.h"

namespace monodr {

/// Share of the measured points (at most 128 of them) of object `object` that lie within `distance` metres of the posed
/// mesh's surface; 1 where nothing was measured.
double points_near_surface(const ObservationBatch& batch,
                           int64_t object,
                           const ObjectiveValue& value,
                           double distance);

/// Refuses, with a word on why in FittedObject::failure, each result that the settings do not let pass: its rendered mask
/// overlaps the observed one too little, too few of the measured points lie near its surface (Zakharov et al., CVPR 2020,
/// keep a label under such conditions), or it stands where another one of its frame stands that scores higher. A row of
/// `value` and `mask_overlap` [B] belongs to each object; its score is known. Where nothing was measured there is nothing to
/// doubt.
void refuse_results(const AcceptanceSettings& settings,
                    const ObservationBatch& batch,
                    const ObjectiveValue& value,
                    const at::Tensor& mask_overlap,
                    std::vector<FittedObject>& objects);

}  // namespace monodr
