‰CLN“—¦online‘ªcalibrated‘¦replay‘¥lenetÍ
Äzp[›ß™S‡)Ía “¥“¨bfloat16£cpu”¥2.4.6ª2.13.0+cpu¦AVX512©AMD 25/17Äj©‘‹ˆ…]Ä¹0!ñ™–a³=OéŠÒù¢0¡s	*#ÄÀW?
3Ş¸¹xB_˜L^C†„-İõÓài–œ&©€.+'DŒ