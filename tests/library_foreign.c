/* SPDX-License-Identifier: MIT */
/* A shared library that has nothing to do with kernels. */
int foreign(void);

int foreign(void)
{
	return 0;
}
