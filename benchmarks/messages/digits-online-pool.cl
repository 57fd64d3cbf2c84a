‰CLN“—¦online‘‚©switching‘“ªcalibrated‘¦replay‘¥lenetªcalibrated‘¦replay‘£mlpªcalibrated‘¥refit‘ªclassifier’´KNeighborsClassifier’§weights¨distance¤rule¤poolÍ
Äzp[›ß™S‡)Ía “¥”§float32£cpuÃ–¥2.4.6¥1.9.1¦1.17.1ª2.13.0+cpu¤AVX2¨AMD 25/1Ä9Z3óeþÍÓÄ¹0#úÕÙÊbÊáe>H¬îý:Ô‰Q
Ä“&²‰˜Ç(û8<ê·ØºöÛ°hîc®mWÙÍÌalák‰„©{ý