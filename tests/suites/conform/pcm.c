// SPDX-License-Identifier: GPL-2.0-only
/* For `mmapdemo conform --setup`: gives the PCM device that is open as descriptor 3 its parameters,
 * 64 KiB of two channels of 16 bits. Without them it has no buffer that could be mapped.
 */
#include <err.h>
#include <limits.h>
#include <sound/asound.h>
#include <string.h>
#include <sys/ioctl.h>

static struct snd_pcm_hw_params params;

static void choose(int mask, unsigned int bit)
{
	struct snd_mask *set = &params.masks[mask - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(set, 0, sizeof(*set));
	set->bits[0] = 1u << bit;
}

static void set(int interval, unsigned int value)
{
	params.intervals[interval - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL] =
		(struct snd_interval){.min = value, .max = value, .integer = 1};
}

int main(void)
{
	memset(&params, 0xff, sizeof(params.flags) + sizeof(params.masks) + sizeof(params.mres));
	params.flags = 0;
	for (int i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++)
		params.intervals[i - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].max = UINT_MAX;
	params.rmask = ~0u;
	params.info = ~0u;
	choose(SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_MMAP_INTERLEAVED);
	choose(SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	choose(SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
	set(SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	set(SNDRV_PCM_HW_PARAM_RATE, 48000);
	set(SNDRV_PCM_HW_PARAM_PERIOD_SIZE, 1024);
	set(SNDRV_PCM_HW_PARAM_BUFFER_SIZE, 16384);
	if (ioctl(3, SNDRV_PCM_IOCTL_HW_PARAMS, &params))
		err(1, "SNDRV_PCM_IOCTL_HW_PARAMS");
	return 0;
}
