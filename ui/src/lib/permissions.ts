// SPDX-License-Identifier: Apache-2.0

export const roles = ['viewer', 'staff', 'manager', 'owner'] as const
export type RoleName = (typeof roles)[number]

export function may(role: RoleName | undefined, least: RoleName): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(least)
}
