// SPDX-License-Identifier: Apache-2.0
//
// Rules of Yahoo!ショッピング. Wire facts: yahoo.md.
#include "diagnosis/rule.h"

const struct rule *const rules_yahoo[] = {NULL};
