// SPDX-License-Identifier: Apache-2.0
//
// The faces that this build has, in the order of their ports.
#include "sim/face.h"

const struct sim_face *const *sim_faces_all(void)
{
    static const struct sim_face *const faces[] = {
        &sim_face_rakuten,
        &sim_face_yahoo,
        &sim_face_aupay,
        &sim_face_amazon,
        &sim_face_qoo10,
        &sim_face_makeshop,
        NULL,
    };
    return faces;
}
