‰CLN“—¦online‘ªcalibrated‘¦replay‘¥lenetÍ
Äzp[›ß™S‡)Ía “¥”§float32£cpuÃ”¥2.4.6ª2.13.0+cpu¤AVX2¨AMD 25/1Är$/m¦5ñÄ¹0!ğVéœ/ÀÇWœ§¼]•JÕ_¶/ğ‹Ä^kp…3tó¥†o9p^a²‘–;u‘=ÖJL;¥
º·Újš¾ 