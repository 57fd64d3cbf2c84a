‰CLN“—¦online‘ªcalibrated‘¦replay‘¥lenetÍ
Äzp[›ß™S‡)Ía “¥”§float32£cpuÃ”¥2.4.6ª2.13.0+cpu¤AVX2¨AMD 25/1Är$/m¦5ñÄ¹0!ðVéœ/ÀÇWœ§¼]•JÕ_¶L±º=Ä^kp…3tó¥†èã‚·¢ò­8aÇö w®NÈÈõË>Ë”1g